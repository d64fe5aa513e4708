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
        abstract: "Measure a network file, or networks drawn from a run's checkpoint.",
        discussion: """
            A network file requires only a data set. Each sample of the split is measured once, \
            and the results are the same on any number of ranks:
              lrnet-dist evaluate runs/t/winner.safetensors --data data/mnist --split test
              lrnet-dist evaluate runs/t --data data/mnist --draws 20
            """)

    @Argument(
        help: ArgumentHelp("Run folder or network file.", valueName: "run-or-file"))
    var folder: String

    @Option(help: "Data set folder, made by lrnet-data.")
    var data: String

    @Option(help: "Split to measure: train, validation or test.")
    var split = DataSplit.validation

    @Option(
        help: "Step of the checkpoint to draw from; by default, that of the best one.")
    var step: Int?

    @Option(help: "Networks to draw; by default, the recipe's number.")
    var draws: Int?

    @Option(
        help:
            "Weights of a run: drawn, likeliest or both (by default, as in the recipe), or winner."
    )
    var weights: EvaluatedWeights?

    @Option(
        name: [
            .customLong("re-estimate-statistics"), .customLong("reestimate-batches"),
        ],
        help: ArgumentHelp(
            "Training batches for re-estimating each network's batch-norm statistics; 0 uses the "
                + "moving averages; by default, the recipe's number.",
            valueName: "batches"))
    var reestimateBatches: Int?

    @Option(help: "Also measure an ensemble of this many drawn networks (mean softmax).")
    var ensemble: Int?

    @Option(help: "Threads per rank; by default, the recipe's number.")
    var threads: Int?

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    func validate() throws {
        try checkRange("--step", step, 0...BatchSequence.stepLimit)
        try checkRange("--draws", draws, 1...1_000_000)
        try checkRange("--re-estimate-statistics", reestimateBatches, 0...1_000_000_000)
        try checkRange("--ensemble", ensemble, 1...1_000_000)
        try checkRange("--threads", threads, 1...1024)
    }

    func run() throws {
        var options = RunEvaluation.Options(run: folder, data: data)
        options.split = split
        options.step = step
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
                Console.printError("lrnet-dist: warning: \(warning)\n")
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
