import ArgumentParser
import Foundation
import LRNetCollectives
package import LRNetData
import LRNetSupport
package import LRNetTraining

extension DataSplit: ExpressibleByArgument {}
extension EvaluatedWeights: ExpressibleByArgument {}

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a network's file, or networks drawn from a run's best checkpoint.",
        discussion: """
            A file needs nothing else but data. Each sample of the split is measured once, with
            the same numbers on any number of ranks:
              lrnet-dist evaluate runs/t/winner.safetensors --data data/mnist --split test
              lrnet-dist evaluate runs/t --data data/mnist --draws 20
            """)

    @Argument(
        help: ArgumentHelp("The run's folder, or a network's file.", valueName: "run-or-file"))
    var folder: String

    @Option(help: "The data set's folder.")
    var data: String

    @Option(help: "The split: train, validation or test.")
    var split = DataSplit.validation

    @Option(help: "Networks to draw; the recipe's number by default.")
    var draws: Int?

    @Option(
        help:
            "Of a run: drawn, likeliest or both (the recipe's choice by default), or the winner's file."
    )
    var weights: EvaluatedWeights?

    @Option(
        name: [
            .customLong("re-estimate-statistics"), .customLong("reestimate-batches"),
        ],
        help: ArgumentHelp(
            "Training batches that batch norm is re-estimated over, for each network; 0 for moving averages; the recipe's number by default.",
            valueName: "batches"))
    var reestimateBatches: Int?

    @Option(help: "Also measure an ensemble of this many drawn networks (mean softmax).")
    var ensemble: Int?

    @Option(help: "Threads of a rank; the recipe's number by default.")
    var threads: Int?

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    func validate() throws {
        try checkRange("--draws", draws, 1...1_000_000)
        try checkRange("--re-estimate-statistics", reestimateBatches, 0...1_000_000_000)
        try checkRange("--ensemble", ensemble, 1...1_000_000)
        try checkRange("--threads", threads, 1...1024)
    }

    func run() throws {
        var options = RunEvaluation.Options(run: folder, data: data)
        options.split = split
        options.draws = draws
        options.weights = weights
        options.reestimateBatches = reestimateBatches
        options.ensemble = ensemble
        options.threads = threads
        let printsJSON = json
        ProcessGroups.run { group in
            let report = try RunEvaluation(options: options, group: group).run()
            guard group.isCoordinator else { return .success }
            for warning in report.warnings {
                Console.complain("lrnet-dist: warning: \(warning)\n")
            }
            if printsJSON {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                encoder.nonConformingFloatEncodingStrategy = .convertToString(
                    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
                try Console.print(String(decoding: encoder.encode(report), as: UTF8.self))
            } else {
                try Console.print(EvaluationTables(report).text, terminator: "")
            }
            return .success
        }
    }
}
