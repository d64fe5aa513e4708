package import LRNetLayers
internal import LRNetSupport
package import LRNetTraining

/// The network argument of `export` and `predict`: a run's folder, a winner's file, or a packed
/// file.
package struct NetworkSource {
    package let path: String

    package let deployed: DeployedNetwork

    /// The fixed-point network of a packed file that was calibrated, or `nil`.
    package let fixed: FixedNetwork?

    /// The calibration that determines the units of ``fixed``.
    package let calibration: Calibration?

    /// The recipe that builds the network and preprocesses its inputs.
    package let recipe: Recipe

    /// The weights and batch norm of a winner, for `NetworkRunner`, or `nil` for a packed file.
    package let layers: [FinishedLayer]?

    /// The metadata of the file.
    package let metadata: [String: String]

    /// Reads a network from a file or a run's folder.
    ///
    /// - Throws: `Failure`: 66 if it is missing; 65 if it is damaged or has a format that cannot be
    ///   read without its run.
    package init(_ path: String) throws {
        let site = FailureSite("network", path)
        guard FileBytes.exists(path) else {
            throw site.inputMissing("does not exist; pass a run's folder or a network file")
        }
        let file = FileBytes.isFolder(path) ? "\(path)/\(NetworkFile.name)" : path
        guard FileBytes.exists(file) else {
            throw site.inputMissing(
                "contains no \(NetworkFile.name); train the run until its first validation")
        }
        self.path = file
        if file.hasSuffix(".onnx") {
            throw site.badData(
                "is an ONNX file, which lrnet-dist can write but not read; give the run's folder, "
                    + "its \(NetworkFile.name) or a packed file")
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
            "was written by an earlier version and does not contain its architecture; rename it "
                + "and run the training command of its run again, which only rewrites this file")
    }

    /// Returns the data set's name of a class, or its number if the set has no names.
    package func className(_ label: Int) -> String {
        deployed.description.classNames?[label] ?? "\(label)"
    }
}
