internal import LRNetCollectives
internal import LRNetHDF5
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// A run of discrete weights that another run starts from. The new run loads the logits, batch norm
/// and last layer of the best checkpoint, and may use other data or another schedule.
struct DistributionSource {
    private let from: String
    private let file: HDF5File

    /// Returns true if the recipe loads distributions from the run that its `initialization.from`
    /// names, which requires that both methods have logits. Returns false for a run whose recipe
    /// cannot be read; at most its winner can be loaded.
    static func applies(to recipe: Recipe, from: String) throws -> Bool {
        guard recipe.weights.model.hasLogits, try Recipe.isRecorded(in: from) else { return false }
        let run = try? FinishedRun(folder: from, for: "recipe")
        return run?.recipe.weights.model.hasLogits ?? false
    }

    /// Reads the checkpoint's bytes.
    ///
    /// - Throws: `Failure`: 78 if the run's logits or network do not fit the recipe, 66 if there is
    ///   no checkpoint, 65 if it is damaged.
    static func read(_ from: String, for recipe: Recipe) throws -> [UInt8] {
        let run = try FinishedRun(folder: from, for: "recipe")
        let (theirs, ours) = (run.recipe, recipe)
        let probe = WeightShape(window: 1, inputs: 1, outputs: 1)
        guard
            theirs.model.latents(for: probe).map(\.name)
                == ours.model.latents(for: probe).map(\.name)
        else {
            throw site(from).badRecipe(
                "has \(theirs.weights.model.rawValue) weights, whose logits do not fit "
                    + "\(ours.weights.model.rawValue); use a full-precision run, or "
                    + "--set weights=\(theirs.weights.model.rawValue)")
        }
        let changes = ours.changes(from: theirs).filter {
            $0.key.hasPrefix("network.") && !["network.name", "network.classes"].contains($0.key)
        }
        guard changes.isEmpty else {
            throw site(from).badRecipe(
                "has a different network (\(changes.map(\.description).joined(separator: ", "))); "
                    + "undo that with \(changes.map(\.remedy).joined(separator: " "))")
        }
        do {
            return try FinishedRun.checkpoint(["best", "latest"], of: from, for: "recipe")
        } catch let failure as Failure where failure.exitStatus == .inputMissing {
            throw site(from).inputMissing(
                "has no checkpoint with its distributions; train that run until its first "
                    + "checkpoint, or also copy its checkpoints folder")
        }
    }

    init(_ bytes: [UInt8], of from: String) throws {
        self.from = from
        file = try HDF5File.open(image: bytes, named: "checkpoint")
    }

    /// Copies the values of the checkpoint into a network after a cold start.
    ///
    /// The last layer keeps its initial values if the number of classes differs.
    ///
    /// - Returns: A line for the log.
    /// - Throws: `Failure` (78) if the checkpoint belongs to a different network.
    func initialize(_ network: Network) throws -> String {
        var cold: [String] = []
        let last = network.weightedLayers.last?.name ?? ""
        for parameter in network.parameters {
            let path = "/parameters/\(parameter.name)"
            let set = try file.contains(path) ? file.dataSet(path) : nil
            if let set, set.shape == [parameter.value.count] {
                try set.read(into: parameter.value)
            } else if parameter.name.hasPrefix("\(last).") {
                cold.append(parameter.name)
            } else {
                throw Self.site(from).badRecipe(
                    "has a different network: \(parameter.name) has \(parameter.value.count) "
                        + "values here and \(set.map { "\($0.shape.reduce(1, *))" } ?? "none") "
                        + "there; use a run of this network")
            }
        }
        for layer in network.batchNorms {
            let path = "/batchNorm/\(layer.name)"
            guard try file.contains(path) else { continue }
            layer.restore(
                movingMean: try file.dataSet("\(path)/mean").read(as: Double.self),
                movingVariance: try file.dataSet("\(path)/variance").read(as: Double.self))
        }
        let step = try Checkpoint.header(of: file).step
        return "starting from the distributions of \(from) at step \(step)"
            + (cold.isEmpty ? "" : "; cold: \(cold.joined(separator: ", "))")
    }

    private static func site(_ from: String) -> FailureSite {
        FailureSite("recipe", "initialization.from: \(from)")
    }
}
