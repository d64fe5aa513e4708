internal import LRNetCollectives
internal import LRNetHDF5
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// A run of discrete weights that another run starts from: logits, batch norm and the last layer of its best
/// checkpoint, to train elsewhere, with other data, or with another schedule.
struct DistributionSource {
    private let from: String
    private let file: HDF5File

    /// A recipe takes distributions from the run that its `initialization.from` names: both methods have
    /// logits. A run whose recipe cannot be read has at most a winner to give.
    static func applies(to recipe: Recipe, from: String) throws -> Bool {
        guard recipe.weights.model.hasLogits, try Recipe.isRecorded(in: from) else { return false }
        let run = try? FinishedRun(folder: from, for: "recipe")
        return run?.recipe.weights.model.hasLogits ?? false
    }

    /// Reads the checkpoint's bytes.
    ///
    /// - Throws: `Failure`: 78 where the run has another method's tensors or another network, 66 without a
    ///   checkpoint, 65 for a damaged one.
    static func read(_ from: String, for recipe: Recipe) throws -> [UInt8] {
        let run = try FinishedRun(folder: from, for: "recipe")
        let (theirs, ours) = (run.recipe, recipe)
        let probe = WeightShape(window: 1, inputs: 1, outputs: 1)
        guard
            theirs.model.latents(for: probe).map(\.name)
                == ours.model.latents(for: probe).map(\.name)
        else {
            throw site(from).badRecipe(
                "has \(theirs.weights.model.rawValue) weights, whose logits are not those of "
                    + "\(ours.weights.model.rawValue); give a full-precision run, or use "
                    + "--set weights=\(theirs.weights.model.rawValue)")
        }
        let changes = ours.changes(from: theirs).filter {
            $0.key.hasPrefix("network.") && !["network.name", "network.classes"].contains($0.key)
        }
        guard changes.isEmpty else {
            throw site(from).badRecipe(
                "has another network (\(changes.map(\.description).joined(separator: ", "))); undo that "
                    + "with \(changes.map(\.remedy).joined(separator: " "))")
        }
        do {
            return try FinishedRun.checkpoint(["best", "latest"], of: from, for: "recipe")
        } catch let failure as Failure where failure.exitStatus == .inputMissing {
            throw site(from).inputMissing(
                "has no checkpoint with its distributions; train that run to its first checkpoint, or copy "
                    + "its checkpoints folder, too")
        }
    }

    /// Opens the checkpoint.
    init(_ bytes: [UInt8], of from: String) throws {
        self.from = from
        file = try HDF5File.open(image: bytes, named: "checkpoint")
    }

    /// Copies what fits into a network whose values are those of a cold start.
    ///
    /// The last layer stays cold where it has another number of classes.
    ///
    /// - Returns: A line for the log.
    /// - Throws: `Failure` (78) for another network.
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
                    "has another network: \(parameter.name) has \(parameter.value.count) values here "
                        + "and \(set.map { "\($0.shape.reduce(1, *))" } ?? "none") there; give a run of "
                        + "this network")
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
