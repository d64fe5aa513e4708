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
        abstract: "Train several methods under one recipe and compare their networks.",
        discussion: """
            Every method gets the recipe's network, data, batch, schedule and start. Finished runs are \
            not done again, and an interrupted one goes on: the same command finishes a comparison. It \
            writes comparison.json and comparison.md beside the runs' folders.
            """)

    @Argument(help: "The base recipe, a YAML file; its own method does not matter.")
    var recipe: String

    @Option(help: "Methods with commas between them, or all that the network goes with.")
    var methods = "all"

    @Option(help: "Runs a method, with seeds that count from the recipe's.")
    var seeds = 3

    @Option(
        help: ArgumentHelp(
            "Learning rates with commas between them, of logits where a method has them and else of its "
                + "weights; each method takes the best on the validation split. By default the recipe's "
                + "logitRate and learningRate; a recipe without logitRate has one rate for logits, and "
                + "methods without them take a tenth of it.",
            valueName: "rates"))
    var learningRates: String?

    @Option(
        name: .customLong("start"), parsing: .singleValue,
        help: ArgumentHelp(
            "A run that a seed starts from, instead of the recipe's initialization.from; give it several "
                + "times, and the seeds take them in turn.",
            valueName: "run"))
    var starts: [String] = []

    @Flag(
        help: """
            Under mpirun: each rank trains other runs, alone, instead of all ranks the same one. The \
            numbers are the same; wants memory for a whole run a rank, and one --output for all machines.
            """)
    var spread = false

    @Option(help: "The data set's folder, made by lrnet-data.")
    var data: String

    @Option(help: "The comparison's folder.")
    var output: String

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Changes a key of the base recipe, such as training.steps=50.", valueName: "key=value"))
    var overrides: [String] = []

    func validate() throws {
        try checkRange("--seeds", seeds, 1...10_000)
        _ = try chosenMethods()
        _ = try chosenRates()
        guard starts.count <= seeds else {
            throw ValidationError(
                "--start is given \(starts.count) times for --seeds \(seeds); each seed has one start"
            )
        }
        try checkIsFolder(output)
    }

    /// `nil` for all.
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

    private func chosenRates() throws -> [Double] {
        try (learningRates ?? "").split(separator: ",").map { word in
            guard let rate = Double(word), rate > 0, rate <= 1e30 else {
                throw ValidationError(
                    "--learning-rates '\(word)' is out of range; more than 0 and at most 1e+30")
            }
            return rate
        }
    }

    func run() throws {
        var options = Comparison.Options(
            recipe: recipe, methods: try chosenMethods(), seedCount: seeds, data: data,
            output: output)
        options.learningRates = try chosenRates()
        options.isSpread = spread
        options.starts = starts
        let file = recipe
        // Before the group, whose start takes time.
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
