internal import Foundation
package import LRNetCollectives
package import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetWatchdog

/// A measurement of finished networks, which are drawn from a run's checkpoint or read from a file.
package struct RunEvaluation {
    /// Options from the command line.
    package struct Options: Sendable {
        /// The run's folder, or a network file.
        package var run: String
        /// The data set's folder.
        package var data: String
        package var split = DataSplit.validation
        /// The step of the checkpoint to draw from; `nil` for the best checkpoint, or the latest one
        /// if there was no validation.
        package var step: Int?
        /// The number of networks to draw; `nil` for the recipe's number.
        package var draws: Int?
        /// The number of training batches for re-estimating batch norm; `nil` for the recipe's
        /// number.
        package var reestimateBatches: Int?
        /// The weights to measure; `nil` for the file's weights if `run` is a file, and for the
        /// recipe's choice otherwise.
        package var weights: EvaluatedWeights?
        /// The size of an ensemble of the first drawn networks, whose mean answers are also
        /// measured; `nil` for no ensemble.
        package var ensemble: Int?
        /// The number of threads per rank; `nil` for the recipe's number.
        package var threads: Int?

        package init(run: String, data: String) {
            self.run = run
            self.data = data
        }
    }

    private let options: Options
    private let group: any ProcessGroup

    package init(options: Options, group: any ProcessGroup) {
        self.options = options
        self.group = group
    }

    /// The number of confused pairs in the report.
    private static let pairCount = 10

    /// Runs the evaluation. Every rank must call it; only rank 0 needs the run's folder or the
    /// file.
    ///
    /// - Throws: The same error on all ranks, about the folder, the file or the data, or about
    ///   incompatible options (64).
    package func run() throws -> EvaluationReport {
        let isFile =
            try group.fromCoordinator {
                [FileBytes.exists(options.run) && !FileBytes.isFolder(options.run) ? 1 : 0]
            } == [1]
        if isFile {
            try group.agreeing { try checkFileOptions() }
            let network = try group.fromCoordinator {
                try FileBytes.read(options.run)
            } parse: {
                try StoredNetwork(NetworkFile(bytes: $0, path: options.run))
            }
            return try evaluate(network.recipe, file: network.file)
        }
        let isMissing =
            try group.fromCoordinator {
                [FileBytes.exists(options.run) ? 0 : 1]
            } == [1]
        if isMissing {
            throw Failure(
                call: "evaluate", subject: options.run,
                message: "does not exist; pass a run's folder or a network file",
                exitStatus: .inputMissing, isAgreed: true)
        }
        let recipe = try FinishedRun(folder: options.run, for: "evaluate", group: group).recipe
        guard options.weights == .winner else { return try evaluate(recipe, file: nil) }
        try group.agreeing { try checkFileOptions() }
        let path = "\(options.run)/\(NetworkFile.name)"
        let file = try group.fromCoordinator {
            try Self.winnerBytes(path)
        } parse: {
            try NetworkFile(bytes: $0, path: path)
        }
        try group.agreeing { try Self.check(file, isOf: recipe) }
        _ = try group.fromCoordinator {
            let run = try FinishedRun(folder: options.run, for: "evaluate")
            if let expected = try run.result()?.winnerSHA256,
                try ContentHash.of(FileBytes.read(path)) != expected
            {
                throw FailureSite("evaluate", path).badData(
                    "is not the file that this run wrote; run the training command again to "
                        + "restore it, or copy it out of the folder and evaluate the copy")
            }
            return []
        }
        return try evaluate(recipe, file: file)
    }

    private func evaluate(_ recipe: Recipe, file: NetworkFile?) throws -> EvaluationReport {
        var recipe = recipe
        recipe.training.threads = options.threads ?? recipe.training.threads
        switch options.weights {
        case .drawn: recipe.validation.weights = .drawn
        case .likeliest: recipe.validation.weights = .likeliest
        case .both: recipe.validation.weights = .both
        case .winner, nil: break
        }
        return try Watchdog.guarding(
            group, stallSeconds: recipe.watchdog.stallSeconds, log: nil
        ) { [recipe] in try measure(recipe, file: file, beacon: $0) }
    }

    // MARK: Checks

    private static func winnerBytes(_ path: String) throws -> [UInt8] {
        guard FileBytes.exists(path) else {
            throw FailureSite("evaluate", path).inputMissing(
                "does not exist; it is written at the first validation, which requires "
                    + "validation.everyEpochs of at least 1")
        }
        return try FileBytes.read(path)
    }

    private static func check(_ file: NetworkFile, isOf recipe: Recipe) throws {
        let site = FailureSite("evaluate", file.path)
        if let description = try file.description() {
            guard description.architecture.isSameNetwork(as: recipe.architecture) else {
                throw site.badData(
                    "is not the network of the folder's \(Recipe.recordedName); pass the file "
                        + "instead of the folder")
            }
            return
        }
        guard let fingerprint = file.contents.metadata["recipe"],
            fingerprint != recipe.fingerprint
        else { return }
        throw site.badData(
            "does not belong to the run of the folder's \(Recipe.recordedName), and was written "
                + "by an earlier version, so it needs its own recipe; put it back into its run's "
                + "folder")
    }

    /// Rejects options that do not apply to a file, which contains one network with its batch norm.
    private func checkFileOptions() throws {
        let site = FailureSite("evaluate", options.run)
        if let weights = options.weights, weights != .winner {
            throw site.usage(
                "contains one network; --weights \(weights.rawValue) requires a run's folder")
        }
        let given: [(String, Int?)] = [
            ("--step", options.step), ("--draws", options.draws), ("--ensemble", options.ensemble),
            ("--re-estimate-statistics", options.reestimateBatches),
        ]
        if let (name, value) = given.first(where: { $0.1 != nil }) {
            throw site.usage(
                "the winner is one network with its own batch norm, not a checkpoint; leave out "
                    + "\(name) \(value ?? 0)")
        }
    }

    private func openData(_ recipe: Recipe) throws -> ShardSet {
        try SharedShardSet.open(options.data, group: group) { set in
            try TrainingData.checkShape(set, recipe)
            guard set.count(options.split) > 0 else {
                throw FailureSite("data", options.data).badData("has no \(options.split) split")
            }
        }
    }

    /// Returns the names of checkpoints to draw from, in order of preference. Every rank must call
    /// it.
    ///
    /// - Throws: The same `Failure` (66) on all ranks if the requested step has no checkpoint.
    private func checkpoints() throws -> [String] {
        // Without a validation there is no best checkpoint.
        guard let step = options.step else { return ["best", "latest"] }
        _ = try group.fromCoordinator {
            let steps = try CheckpointStore(runFolder: options.run).steps()
            if steps.contains(step) { return [] }
            let nearest = steps.min { abs($0 - step) < abs($1 - step) }
            throw FailureSite("evaluate", "--step \(step)").inputMissing(
                nearest.map {
                    "\(options.run) has no checkpoint of that step; the nearest is --step \($0) "
                        + "(a run keeps its newest checkpoints, checkpoint.keepLatest of them, and the best)"
                } ?? "\(options.run) has no checkpoints; rerun the training command")
        }
        return [CheckpointManifest.name(step)]
    }

    private func checkEnsemble(_ recipe: Recipe) throws {
        guard let size = options.ensemble, size > recipe.candidates(draws: size).count else {
            return
        }
        throw Failure(
            call: "evaluate", subject: "--ensemble \(size)",
            message: "needs networks that differ; \(recipe.weights.model.rawValue) with "
                + "\(recipe.validation.weights.rawValue) weights is one network", exitStatus: .usage
        )
    }

    // MARK: Measuring

    private func measure(
        _ recipe: Recipe, file: NetworkFile?, beacon: ProgressBeacon
    ) throws -> EvaluationReport {
        let context = try group.agreeing {
            try RankContext(group: group, recipe: recipe, threadOption: "--threads")
        }
        let data = try openData(recipe)
        let network = recipe.makeNetwork(classes: data.classes)
        context.reserve(network)
        let evaluator = try Evaluator(
            context: context, network: network, data: data, beacon: beacon)
        let bar = EvaluationBar(isShown: group.isCoordinator)
        evaluator.onProgress = { bar.show($0) }
        defer { bar.finish() }
        var report = EvaluationReport(
            split: "\(options.split)", step: 0, weights: .winner, reestimateBatches: 0, draws: [],
            ensembleSize: 0, classes: [], confusions: [])
        report.classNames = data.index.classNames
        report.data = options.data
        if let file {
            report.isRunsData = file.contents.metadata["data"].map { $0 == data.fingerprint }
            try measure(file, like: network, by: evaluator, into: &report)
            return report
        }
        let header = try FinishedRun.restore(
            network, from: checkpoints(), of: options.run, for: "evaluate", group: group)
        try group.agreeing { try checkEnsemble(recipe) }
        report.step = header.step
        report.isRunsData = header.dataFingerprint == data.fingerprint
        report.warnings = warnings(recipe, network, step: header.step)
        try compare(evaluator, recipe, into: &report)
        return report
    }

    private func warnings(
        _ recipe: Recipe, _ network: Network, step: Int
    ) -> [String] {
        var measured = recipe
        measured.validation.everyEpochs = 1
        measured.validation.reestimateBatches =
            options.reestimateBatches ?? recipe.validation.reestimateBatches
        var lines = AverageAdvice(recipe: measured, network: network, steps: step).lines
        if let draws = options.draws, draws > recipe.candidates(draws: draws).count {
            lines.append(
                "--draws \(draws): \(recipe.weights.model.rawValue) with "
                    + "\(recipe.validation.weights.rawValue) weights is one network, measured once")
        }
        return lines
    }

    private func measure(
        _ file: NetworkFile, like network: Network, by evaluator: Evaluator,
        into report: inout EvaluationReport
    ) throws {
        let finished = try group.agreeing { try file.network(like: network) }
        report.step = Int(file.origin.step) ?? 0
        report.isDrawn = false
        var own = Confusions(classes: network.classes)
        try evaluator.beginProgress(
            "measuring", split: options.split, draws: 1, reestimateBatches: 0)
        var result = try evaluator.measure(finished, on: options.split) { own.add($0, $1) }
        result.draw = Int(file.origin.draw) ?? 0
        result.isLikeliest = file.isLikeliest ? true : nil
        report.draws = [result]
        try finish(&report, own)
    }

    /// Draws networks, measures each, and measures their ensemble if requested.
    private func compare(
        _ evaluator: Evaluator, _ recipe: Recipe, into report: inout EvaluationReport
    ) throws {
        let batches = options.reestimateBatches ?? recipe.validation.reestimateBatches
        let size = options.ensemble ?? 0
        let classes = recipe.architecture.classes
        // Only the members of the ensemble are drawn, unless more draws are requested.
        let drawCount = max(options.draws ?? (size > 0 ? size : recipe.validation.draws), size)
        let answers = size > 0 ? EnsembleAnswers(classes: classes) : nil
        report.weights =
            switch recipe.validation.weights {
            case .drawn: .drawn
            case .likeliest: .likeliest
            case .both: .both
            }
        report.isDrawn = recipe.model.isDrawn && report.weights != .likeliest
        report.reestimateBatches = batches
        report.ensembleSize = size
        var confusions = Confusions(classes: classes)
        var masks: [ErrorMask] = []
        let candidates = recipe.candidates(draws: drawCount)
        try evaluator.beginProgress(
            "measuring", split: options.split, draws: candidates.count,
            reestimateBatches: batches)
        for candidate in candidates {
            evaluator.beginDraw(candidate.number)
            var own = Confusions(classes: classes)
            let network = try evaluator.draw(
                candidate, step: report.step, reestimateBatches: batches)
            answers?.beginNetwork()
            let builder = evaluator.maskBuilder(options.split)
            var result = try evaluator.measure(network, on: options.split) { logits, labels in
                own.add(logits, labels)
                builder.add(logits, labels)
                if candidate.number < size { answers?.add(logits, labels) }
            }
            result.name(candidate)
            if !candidate.isLikeliest {
                var mask = builder.mask
                try mask.combine(group)
                masks.append(mask)
            }
            report.draws.append(result)
            if report.validation.best?.draw == candidate.number { confusions = own }
        }
        report.meanDisagreement = Self.meanDisagreement(masks)
        if let answers {
            confusions = Confusions(classes: classes)
            report.ensemble = try evaluator.measure(answers, on: options.split) {
                confusions.add($0, $1)
            }
        }
        try finish(&report, confusions)
    }

    private static func meanDisagreement(_ masks: [ErrorMask]) -> Double? {
        var (sum, pairs) = (0, 0)
        for first in masks.indices {
            for second in masks.indices.dropFirst(first + 1) {
                sum += masks[first].disagreementCount(with: masks[second])
                pairs += 1
            }
        }
        return pairs > 0 ? Double(sum) / Double(pairs) : nil
    }

    private func finish(_ report: inout EvaluationReport, _ confusions: Confusions) throws {
        var all = Confusions(classes: report.draws.first?.classCounts?.count ?? 0)
        for part in try group.allGather(confusions.bytes) { all.add(part) }
        report.classes = all.classResults
        report.confusions = all.mostConfused(Self.pairCount)
    }
}
