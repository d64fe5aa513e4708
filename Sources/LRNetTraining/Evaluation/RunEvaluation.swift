internal import Foundation
public import LRNetCollectives
public import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetWatchdog

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
        /// How weights are taken from their distributions; `nil` for as the recipe says.
        public var weights: Recipe.Selection?
        /// Networks whose mean answers are measured too, the first ones drawn; `nil` for none.
        public var ensemble: Int?
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

    /// Confused pairs that are listed.
    private static let pairCount = 10

    /// Runs it. Every rank calls it; rank 0 alone needs the run's folder.
    ///
    /// - Throws: What all ranks agree on: the folder, the data, or (64) an ensemble of networks that are
    ///   all the same.
    public func run() throws -> EvaluationReport {
        var recipe = try FinishedRun(folder: options.run, for: "evaluate", group: group).recipe
        recipe.training.threads = options.threads ?? recipe.training.threads
        recipe.validation.weights = options.weights ?? recipe.validation.weights
        return try Watchdog.guarding(
            group, stallSeconds: recipe.watchdog.stallSeconds, log: nil
        ) { [recipe] in try measure(recipe, beacon: $0) }
    }

    private func measure(_ recipe: Recipe, beacon: ProgressBeacon) throws -> EvaluationReport {
        let context = try group.agreeing { try RankContext(group: group, recipe: recipe) }
        let data = try group.agreeing { () throws -> ShardSet in
            let set = try ShardSet(directory: options.data)
            try TrainingData.check(set, recipe)
            guard set.count(options.split) > 0 else {
                throw Failure(
                    call: "data", subject: options.data, message: "has no \(options.split) split",
                    exitStatus: .badData)
            }
            return set
        }
        let network = recipe.makeNetwork(classes: data.classes)
        context.reserve(network)
        // The latest where no validation has chosen one.
        let step = try FinishedRun.restore(
            network, from: ["best", "latest"], of: options.run, for: "evaluate", group: group
        ).step
        let evaluator = try Evaluator(
            context: context, network: network, data: data, beacon: beacon)
        try group.agreeing { try checkEnsemble(evaluator, recipe) }
        return try compare(evaluator, recipe, step: step, classes: data.classes)
    }

    private func checkEnsemble(_ evaluator: Evaluator, _ recipe: Recipe) throws {
        guard let size = options.ensemble, size > evaluator.drawCount(size) else { return }
        throw Failure(
            call: "evaluate", subject: "--ensemble \(size)",
            message: "wants networks that differ; \(recipe.weights.model.rawValue) with "
                + "\(recipe.validation.weights.rawValue) weights is one network", exitStatus: .usage
        )
    }

    /// Draws networks, measures each, and their mean answers if wanted.
    private func compare(
        _ evaluator: Evaluator, _ recipe: Recipe, step: Int, classes: Int
    ) throws -> EvaluationReport {
        let batches = options.reestimateBatches ?? recipe.validation.reestimateBatches
        let size = options.ensemble ?? 0
        // An ensemble's members are all that is drawn, unless more draws are asked for.
        let wanted = max(options.draws ?? (size > 0 ? size : recipe.validation.draws), size)
        let answers = size > 0 ? EnsembleAnswers(classes: classes) : nil
        var report = EvaluationReport(
            split: "\(options.split)", step: step, weights: recipe.validation.weights,
            reestimateBatches: batches, draws: [], ensembleSize: size, classes: [], confusions: [])
        var confusions = Confusions(classes: classes)
        for draw in 0..<evaluator.drawCount(wanted) {
            var own = Confusions(classes: classes)
            let network = try evaluator.draw(draw, step: step, reestimateBatches: batches)
            answers?.beginNetwork()
            var result = try evaluator.measure(network, on: options.split) { logits, labels in
                own.add(logits, labels)
                if draw < size { answers?.add(logits, labels) }
            }
            result.draw = draw
            report.draws.append(result)
            if report.validation.best?.draw == draw { confusions = own }
        }
        if let answers {
            confusions = Confusions(classes: classes)
            report.ensemble = try evaluator.measure(answers, on: options.split) {
                confusions.add($0, $1)
            }
        }
        var all = Confusions(classes: classes)
        for part in try group.allGather(confusions.bytes) { all.add(part) }
        report.classes = all.classResults
        report.confusions = all.mostConfused(Self.pairCount)
        return report
    }
}
