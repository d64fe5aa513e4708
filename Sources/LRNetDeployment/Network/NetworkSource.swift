package import LRNetLayers
internal import LRNetSupport
package import LRNetTraining

/// What `export` and `predict` are given: a run's folder, a winner's file, or a packed file.
package struct NetworkSource {
    package let path: String

    package let deployed: DeployedNetwork

    /// Of a packed file that was calibrated.
    package let fixed: FixedNetwork?

    /// What its units come from.
    package let calibration: Calibration?

    /// What runs the network, and makes its inputs.
    package let recipe: Recipe

    /// Weights and batch norm of a winner, for ``NetworkRunner``; `nil` for a packed file.
    package let layers: [FinishedLayer]?

    /// The file's.
    package let metadata: [String: String]

    /// Reads a network.
    ///
    /// - Throws: `Failure`: 66 if there is none, 65 if it is damaged, or of a format that needs its run.
    package init(_ path: String) throws {
        let site = FailureSite("network", path)
        guard FileBytes.exists(path) else {
            throw site.inputMissing("does not exist; give a run's folder or a network's file")
        }
        let file = FileBytes.isFolder(path) ? "\(path)/\(NetworkFile.name)" : path
        guard FileBytes.exists(file) else {
            throw site.inputMissing(
                "contains no \(NetworkFile.name); train the run until its first validation")
        }
        self.path = file
        if file.hasSuffix(".onnx") {
            throw site.badData(
                "is an ONNX file, which is written but not read; give the run, its "
                    + "\(NetworkFile.name) or a packed file")
        }
        let bytes = try FileBytes.read(file)
        let contents = try SafeTensors(bytes: bytes, file: file)
        metadata = contents.metadata
        if PackedFile.isPacked(contents) {
            let packed = try PackedFile(bytes: bytes, path: file)
            deployed = packed.network
            fixed = packed.fixed
            calibration = packed.calibration
            recipe = packed.recipe
            layers = nil
            return
        }
        let stored = try Self.stored(NetworkFile(bytes: bytes, path: file))
        deployed = try DeployedNetwork(stored)
        fixed = nil
        calibration = nil
        recipe = stored.recipe
        layers = try stored.file.network(
            like: recipe.makeNetwork(classes: stored.description.classes)
        ).layers
    }

    private static func stored(_ file: NetworkFile) throws -> StoredNetwork {
        if try file.description() != nil { return try StoredNetwork(file) }
        throw FailureSite("network", file.path).badData(
            "was written by an earlier version and does not contain its architecture; rename it and "
                + "run the training command of its run again, which only writes it anew")
    }

    /// The name of a class: the set's, or its number.
    package func className(_ label: Int) -> String {
        deployed.description.classNames?[label] ?? "\(label)"
    }
}
