import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetLayers
import LRNetSupport
import LRNetTraining
import LRNetWatchdog

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Train several methods with one recipe and compare their networks.",
        discussion: """
            Every method uses the recipe's network, data, batch, schedule and initialization. \
            Rerun the same command to resume a comparison: finished runs are kept, and an \
            interrupted run continues. Writes comparison.json and comparison.md next to the run \
            folders.
            """)

    @Argument(help: "Base recipe, a YAML file; its own method is ignored.")
    var recipe: String

    @Option(help: "Comma-separated methods, or \"all\" that support the network.")
    var methods = "all"

    @Option(help: "Runs per method; their seeds count up from the recipe's.")
    var seeds = 3

    @Option(
        help: ArgumentHelp(
            "Comma-separated learning rates; each method uses the one with the lowest validation "
                + "error. They replace logitRate where the recipe sets it and the method has "
                + "logits, and learningRate otherwise. By default, the recipe's rates; if it has "
                + "no logitRate, methods without logits use a tenth of learningRate.",
            valueName: "rates"))
    var learningRates: String?

    @Option(
        help: ArgumentHelp(
            "Comma-separated multiples of the rate that --learning-rates replaces, such as "
                + "0.3,1,3: each method tries its own rates. Not together with --learning-rates.",
            valueName: "factors"))
    var rateFactors: String?

    @Option(
        name: .customLong("start"), parsing: .singleValue,
        help: ArgumentHelp(
            "Run to start from instead of the recipe's initialization.from; if repeated, the seeds "
                + "use the given runs in turn.",
            valueName: "run"))
    var starts: [String] = []

    @Flag(
        help: """
            Under mpirun, train a different run on each rank instead of sharing one run among all \
            ranks. The results are the same; each rank needs the memory of a whole run, and all \
            machines must see the same --output.
            """)
    var spread = false

    @Option(help: "Data set folder, made by lrnet-data.")
    var data: String

    @Option(help: "Folder for the comparison and its runs.")
    var output: String

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Set a key of the base recipe, such as training.steps=50.", valueName: "key=value"))
    var overrides: [String] = []

    func validate() throws {
        try checkRange("--seeds", seeds, 1...10_000)
        _ = try chosenMethods()
        _ = try chosenGrid()
        guard starts.count <= seeds else {
            throw ValidationError(
                "--start is given \(starts.count) times for --seeds \(seeds); use at most "
                    + "\(seeds)")
        }
        try checkIsFolder(output)
    }

    /// Returns the methods of `--methods`, or `nil` for all.
    private func chosenMethods() throws -> [TrainingMethod]? {
        if methods == "all" { return nil }
        var chosen: [TrainingMethod] = []
        for word in methods.split(separator: ",", omittingEmptySubsequences: false) {
            guard let name = TrainingMethod(rawValue: String(word)) else {
                let known = TrainingMethod.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--methods '\(word)' is not known; known: all, \(known)")
            }
            guard !chosen.contains(name) else {
                throw ValidationError("--methods names \(word) twice")
            }
            chosen.append(name)
        }
        return chosen
    }

    private func chosenGrid() throws -> RateGrid {
        func numbers(_ option: String, _ text: String) throws -> [Double] {
            guard !text.isEmpty else { throw ValidationError("\(option) '' names no number") }
            return try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
                guard let rate = Double(word), rate > 0, rate <= 1e30 else {
                    throw ValidationError(
                        "\(option) '\(word)' is not a number above 0 and at most 1e+30")
                }
                return rate
            }
        }
        switch (learningRates, rateFactors) {
        case (nil, nil): return .recipe
        case (let rates?, nil): return .rates(try numbers("--learning-rates", rates))
        case (nil, let factors?): return .factors(try numbers("--rate-factors", factors))
        case (_?, _?):
            throw ValidationError("--learning-rates and --rate-factors exclude each other")
        }
    }

    func run() throws {
        var options = Comparison.Options(
            recipe: recipe, methods: try chosenMethods(), seedCount: seeds, data: data,
            output: output)
        options.grid = try chosenGrid()
        options.isSpread = spread
        options.starts = starts
        let file = recipe
        // Created before the process group, because MPI's start takes time.
        let stopSignal = try StopSignal()
        ProcessGroups.run { [options] group in
            let base = try group.agreeing { try Recipe(file: file, overrides: overrides) }
            let report = try Watchdog.guarding(
                group, stallSeconds: base.watchdog.stallSeconds, log: nil
            ) { beacon in
                try Comparison(
                    base: base, options: options, group: group, stopSignal: stopSignal,
                    beacon: beacon
                ).run()
            }
            guard let report else { return .stoppedEarly }
            if group.isCoordinator {
                Console.show("\n" + report.markdown, terminator: "")
            }
            return .success
        }
    }
}
