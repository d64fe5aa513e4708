internal import Foundation
public import LRNetCollectives
public import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// Draws networks from a run's best checkpoint and measures them.
public struct RunEvaluation {
    /// What is measured.
    public struct Options: Sendable {
        /// The run's folder.
        public var run: String
        /// The data set's folder.
        public var data: String
        /// The split.
        public var split = DataSplit.validation
        /// Networks to draw; `nil` for as many as the recipe says.
        public var draws: Int?
        /// Training batches for batch norm; `nil` for as many as the recipe says.
        public var reestimateBatches: Int?
        /// Threads of a rank; `nil` for as many as the recipe says.
        public var threads: Int?

        /// Creates options.
        public init(run: String, data: String) {
            self.run = run
            self.data = data
        }
    }

    private let options: Options
    private let group: any ProcessGroup

    /// Creates an evaluation.
    public init(options: Options, group: any ProcessGroup) {
        self.options = options
        self.group = group
    }

    /// Runs it. Every rank calls it; rank 0 alone needs the run's folder.
    public func run() throws -> ValidationReport {
        let path = "\(options.run)/\(RunFolder.recipeName)"
        let text = try group.agreeing { () throws -> [UInt8] in
            guard group.isCoordinator else { return [] }
            guard FileBytes.exists(path) else {
                throw TrainingFailure(
                    call: "evaluate", subject: options.run,
                    message: "holds no recipe.yaml; give the --output of a training run",
                    exitStatus: .inputMissing)
            }
            return try FileBytes.read(path)
        }
        let shared = try group.broadcast(text, root: 0)
        let recipe = try group.agreeing {
            var recipe = try RunFolder.recordedRecipe(shared, in: options.run)
            recipe.training.threads = options.threads ?? recipe.training.threads
            return recipe
        }
        return try Watchdog.guarding(
            group, stallSeconds: recipe.watchdog.stallSeconds, log: nil
        ) { try measure(recipe, beacon: $0) }
    }

    private func measure(_ recipe: Recipe, beacon: ProgressBeacon) throws -> ValidationReport {
        let context = try group.agreeing { try RankContext(group: group, recipe: recipe) }
        let data = try group.agreeing { () throws -> ShardSet in
            let set = try ShardSet(directory: options.data)
            try TrainerSetup.check(set, recipe)
            guard set.count(options.split) > 0 else {
                throw TrainingFailure(
                    call: "data", subject: options.data,
                    message: "has no \(options.split) split", exitStatus: .badData)
            }
            return set
        }
        let network = recipe.makeNetwork(classes: data.classes)
        context.reserve(network)
        let step = try restore(network)
        let report = try Evaluator(
            context: context, network: network, data: data, beacon: beacon
        ).run(
            step: step, split: options.split, draws: options.draws ?? recipe.validation.draws,
            reestimateBatches: options.reestimateBatches ?? recipe.validation.reestimateBatches)
        guard let report else { preconditionFailure("an evaluation without signals gave up") }
        return report
    }

    /// Loads the best checkpoint, or the latest where no validation has chosen one.
    private func restore(_ network: Network) throws -> Int {
        let own = try group.agreeing { () throws -> [UInt8] in
            guard group.isCoordinator else { return [] }
            let store = CheckpointStore(runFolder: options.run)
            let hasBest = FileBytes.exists("\(store.folder)/best")
            guard hasBest || FileBytes.exists("\(store.folder)/latest") else {
                throw TrainingFailure(
                    call: "evaluate", subject: options.run, message: "has no checkpoint yet",
                    exitStatus: .inputMissing)
            }
            return try store.load(hasBest ? "best" : "latest").bytes
        }
        let bytes = try group.broadcast(own, root: 0)
        return try group.agreeing {
            let file = try HDF5File.open(image: bytes, named: "checkpoint")
            try Checkpoint.restore(file, network: network, optimizer: nil)
            return try Checkpoint.header(of: file).step
        }
    }
}
