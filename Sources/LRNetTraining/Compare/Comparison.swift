internal import Foundation
package import LRNetCollectives
internal import LRNetData
package import LRNetLayers
internal import LRNetSupport
package import LRNetWatchdog

/// A comparison of several methods under one recipe: it trains one run after another, and compares
/// their winners.
///
/// Runs are ordinary runs in `OUTPUT/METHOD/seed-N`. Finished runs are not repeated and interrupted
/// runs resume, so rerunning the command completes a stopped comparison. With more methods or
/// seeds, it extends the comparison.
package final class Comparison {
    /// Options from the command line.
    package struct Options: Sendable {
        /// The path of the recipe, for the report.
        package var recipe: String
        /// The methods; `nil` for all that support the network.
        package var methods: [TrainingMethod]?
        /// The number of runs per method. Their seeds count up from the recipe's seed.
        package var seedCount: Int
        /// The runs to start from, assigned to the seeds in rotation; empty to use the recipe's
        /// start.
        package var starts: [String] = []
        /// The learning rates to choose from.
        package var grid = RateGrid.recipe
        /// True if each rank trains different runs alone. Otherwise all ranks train the same run
        /// together.
        package var isSpread = false
        /// The data set's folder.
        package var data: String
        /// The comparison's folder.
        package var output: String

        package init(
            recipe: String, methods: [TrainingMethod]?, seedCount: Int, data: String,
            output: String
        ) {
            self.recipe = recipe
            self.methods = methods
            self.seedCount = seedCount
            self.data = data
            self.output = output
        }
    }

    private let base: Recipe
    let options: Options
    let group: any ProcessGroup
    let beacon: ProgressBeacon
    let stopSignal: StopSignal
    /// The folders of runs whose loss became non-finite while a single rank trained them.
    var diverged: Set<String> = []
    private let lock: FileLock?
    private let trainCount: Int
    private var report: ComparisonReport

    /// Checks everything that can be checked before a run starts. Every rank must call it.
    ///
    /// - Parameter stopSignal: The stop signal of the process. Create it before the group, whose
    ///   start takes time.
    /// - Throws: The same error on all ranks: a method that does not support the network (78), data
    ///   that do not fit the recipe, runs of a different recipe in the folder (78), a folder that
    ///   cannot be written (74).
    package init(
        base: Recipe, options: Options, group: any ProcessGroup, stopSignal: StopSignal,
        beacon: ProgressBeacon = ProgressBeacon()
    ) throws {
        self.base = base
        self.options = options
        self.group = group
        self.beacon = beacon
        self.stopSignal = stopSignal
        stopSignal.tell(beacon)
        var leftOut: [String] = []
        let asked = options.methods ?? TrainingMethod.allCases
        let methods = try group.agreeing {
            try asked.filter { method in
                guard let problem = ComparisonRecipe.problem(base: base, method) else {
                    return true
                }
                guard options.methods == nil else {
                    throw Self.site("--methods \(method.rawValue)").badRecipe(
                        problem + ", or leave the method out")
                }
                leftOut.append("\(method.rawValue): \(problem)")
                return false
            }
        }
        let set = try TrainingData.openSet(options.data, recipe: base, group: group)
        trainCount = base.trainingCount(of: set)
        report = ComparisonReport(
            recipe: options.recipe, data: set.fingerprint, testCount: set.count(.test),
            seedCount: options.seedCount, methods: [], leftOut: leftOut)
        let first = try group.agreeing {
            guard base.validation.everyEpochs > 0, set.count(.test) > 0 else {
                throw Self.site(options.recipe).badRecipe(
                    set.count(.test) > 0
                        ? "has no validation, which is needed to choose each run's network; set "
                            + "validation.everyEpochs=1"
                        : "needs a test split, but \(options.data) has none")
            }
            return try methods.map { try ComparisonRecipe(base: base, method: $0, seed: 0) }
        }
        report.methods = first.map {
            let isReal = $0.recipe.network.firstLayer != base.network.firstLayer
            return ComparisonReport.Method(
                name: $0.method.rawValue, remarks: isReal ? ["real first layer"] : [])
        }
        lock = try group.agreeing { () throws -> FileLock? in
            guard group.isCoordinator else { return nil }
            try Self.checkIsOutsideRuns(options.output)
            try AtomicFile.createFolder(options.output)
            return try FileLock(path: "\(options.output)/.lock")
        }
        try group.agreeing {
            if group.isCoordinator {
                for recipe in first {
                    for start in options.starts {
                        try SourceNetwork.check(start, for: recipe.recipe)
                    }
                }
                try checkFolders(methods)
                try write()
            }
        }
    }

    /// Trains all unfinished runs. Every rank must call it.
    ///
    /// - Returns: The report; `nil` after a stop request.
    package func run() throws -> ComparisonReport? {
        if options.isSpread, group.size > 1, try !spread() { return nil }
        for index in report.methods.indices {
            guard let method = TrainingMethod(rawValue: report.methods[index].name) else {
                preconditionFailure("method \(report.methods[index].name)")
            }
            guard let choice = try chooseRate(of: method) else { return nil }
            for trial in trials {
                guard let run = try train(method, trial, rate: choice.rate) else { return nil }
                report.methods[index].runs.append(run)
                report.summarize()
                try group.agreeing { if group.isCoordinator { try write() } }
            }
        }
        report.isComplete = true
        try group.agreeing { if group.isCoordinator { try write() } }
        return report
    }

    /// Trains all runs, each on one rank, so that the rest of ``run()`` finds them finished.
    /// Returns `false` after a stop request.
    private func spread() throws -> Bool {
        let methods = report.methods.compactMap { TrainingMethod(rawValue: $0.name) }
        let grid = try group.agreeing {
            try methods.flatMap { method in
                let rates = try ratesToTry(of: method)
                return try (rates.count > 1 ? rates : []).map {
                    try matched(method, trials[0], rate: $0)
                }
            }
        }
        guard try spread(grid) else { return false }
        var runs: [Recipe] = []
        for method in methods {
            guard let choice = try chooseRate(of: method) else { return false }
            runs += try group.agreeing {
                try trials.map { try matched(method, $0, rate: choice.rate) }
            }
        }
        return try spread(runs)
    }

    /// The seed and the start of one run of each method.
    private struct Trial {
        var seed: UInt64
        /// The run to start from; `nil` to use the base recipe's start.
        var start: String?
    }

    private var trials: [Trial] {
        (0..<options.seedCount).map { number in
            Trial(
                seed: base.training.seed &+ UInt64(number),
                start: options.starts.isEmpty
                    ? nil : options.starts[number % options.starts.count])
        }
    }

    private func matched(
        _ method: TrainingMethod, _ trial: Trial, rate: Double?
    ) throws -> Recipe {
        try ComparisonRecipe(
            base: base, method: method, seed: trial.seed, start: trial.start, learningRate: rate
        ).recipe
    }

    /// A choice of ``RateGrid``.
    private struct RateChoice {
        /// `nil` for the recipe's rate.
        var rate: Double?
    }

    /// Returns the rates to try for a method; `nil` stands for the recipe's.
    private func ratesToTry(of method: TrainingMethod) throws -> [Double?] {
        let recipe = try ComparisonRecipe(base: base, method: method, seed: trials[0].seed)
        return options.grid.rates(around: recipe.rate)
    }

    /// Returns the rate with the lowest validation error under the first seed; in a tie, the lowest
    /// rate. Returns `nil` after a stop request.
    private func chooseRate(of method: TrainingMethod) throws -> RateChoice? {
        let rates = try group.agreeing { try ratesToTry(of: method) }
        guard rates.count > 1 else { return RateChoice(rate: rates.first ?? nil) }
        var best: (rate: Double?, error: Double)?
        for rate in rates {
            guard let run = try train(method, trials[0], rate: rate) else { return nil }
            let error = run.validationError ?? .infinity
            if best.map({ error < $0.error }) ?? true { best = (rate, error) }
        }
        return RateChoice(rate: best?.rate)
    }

    /// Returns the path of a run's folder, relative to the comparison's folder.
    func folder(_ recipe: Recipe) -> String {
        let rate = options.grid.isNamed ? "rate-\(ComparisonRecipe.rate(of: recipe))-" : ""
        return "\(recipe.weights.model.rawValue)/\(rate)seed-\(recipe.training.seed)"
    }

    /// Trains or resumes one run, or reads the files of a finished one. Every rank must call it.
    /// Returns `nil` after a stop request.
    private func train(
        _ method: TrainingMethod, _ trial: Trial, rate: Double?
    ) throws -> ComparedRun? {
        let recipe = try group.agreeing { try matched(method, trial, rate: rate) }
        let name = folder(recipe)
        let path = "\(options.output)/\(name)"
        let isKnown = try group.sharing { try isFinished(path, recipe) }
        var failure = diverged.contains(name) ? "diverged" : nil
        if !isKnown, failure == nil {
            guard try !isStopWanted() else { return nil }
            if group.isCoordinator {
                Console.show("\n\(method.rawValue), seed \(trial.seed): \(path)")
            }
            do {
                var options = Trainer.Options(data: options.data, output: path)
                options.subfolder = name
                let trainer = try Trainer(
                    recipe: recipe, options: options, group: group, stopSignal: stopSignal,
                    beacon: beacon)
                guard try trainer.run() != nil else { return nil }
                try trainer.checkIsInPlace()
            } catch let error as Failure
                where error.exitStatus == .nonFiniteLoss && error.isAgreed
            {
                failure = "diverged"
                if group.isCoordinator { Console.show("\(error)") }
            }
        }
        return try group.sharing {
            var run = ComparedRun(folder: name, recipe: recipe)
            run.failure = failure
            if failure == nil { try run.read(FinishedRun(folder: path, for: "compare")) }
            return run
        }
    }

    func isFinished(_ path: String, _ recipe: Recipe) throws -> Bool {
        guard FileBytes.exists("\(path)/\(RunResult.name)") else { return false }
        let steps = BatchSequence(recipe: recipe, sampleCount: trainCount).totalSteps
        return try FinishedRun(folder: path, for: "compare").isWhole(after: steps)
    }

    private func isStopWanted() throws -> Bool {
        try group.allGather([stopSignal.isWanted ? 1 : 0]).contains([1])
    }

    /// Rejects folders with runs of a different recipe before anything is trained.
    private func checkFolders(_ methods: [TrainingMethod]) throws {
        let recipes = try methods.flatMap { method in
            try ratesToTry(of: method).flatMap { rate in
                try trials.map { try matched(method, $0, rate: rate) }
            }
        }
        for recipe in recipes {
            let path = "\(options.output)/\(folder(recipe))"
            guard FileBytes.exists("\(path)/\(Recipe.recordedName)") else { continue }
            let old = try FinishedRun(folder: path, for: "compare").recipe
            // Even changes that a run may resume with, such as more epochs, are rejected: they would
            // change the comparison.
            guard old.fingerprint != recipe.fingerprint else { continue }
            let changes = recipe.changes(from: old).map(\.description)
            throw Self.site(path).badRecipe(
                "already contains a run with a different recipe "
                    + "(\(changes.joined(separator: ", "))); use a new --output")
        }
    }

    /// Writes `comparison.json` and `comparison.md`.
    private func write() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(
            Array(try encoder.encode(report)) + [10], to: "\(options.output)/comparison.json")
        try AtomicFile.write(report.markdown, to: "\(options.output)/comparison.md")
    }

    /// Rejects an output folder that is the folder of a run or is inside one.
    private static func checkIsOutsideRuns(_ output: String) throws {
        var folder = PathText.absolute(output)
        while folder != "/" {
            if try Recipe.isRecorded(in: folder) {
                throw site("--output \(output)").usage(
                    "is inside the folder of a run, \(folder); choose a folder outside it")
            }
            folder = PathText.folder(of: folder)
        }
    }

    private static func site(_ subject: String) -> FailureSite {
        FailureSite("compare", subject)
    }
}
