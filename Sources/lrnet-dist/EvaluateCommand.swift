public import ArgumentParser
import Foundation
import LRNetCollectives
public import LRNetData
import LRNetSupport
public import LRNetTraining

extension DataSplit: ExpressibleByArgument {}
extension Recipe.Selection: ExpressibleByArgument {}

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Draw networks from a run's best checkpoint and measure them.",
        discussion: """
            Every sample of the split is measured once, on any number of ranks, with the same numbers:
              mpirun -n 2 --bind-to none lrnet-dist evaluate runs/mnist-ternary --data data/mnist
            """)

    @Argument(help: ArgumentHelp("The run's folder.", valueName: "run"))
    var folder: String

    @Option(help: "The data set's folder.")
    var data: String

    @Option(help: "The split: train, validation or test.")
    var split = DataSplit.validation

    @Option(help: "Networks to draw; the recipe's number by default.")
    var draws: Int?

    @Option(help: "How weights are taken: drawn or likeliest; as the recipe says by default.")
    var weights: Recipe.Selection?

    @Option(
        name: [
            .customLong("re-estimate-statistics"), .customLong("reestimate-batches"),
        ],
        help: ArgumentHelp(
            "Training batches that batch norm is re-estimated over, for each network; 0 for moving averages; the recipe's number by default.",
            valueName: "batches"))
    var reestimateBatches: Int?

    @Option(help: "Measure the mean of the softmax outputs of so many drawn networks too.")
    var ensemble: Int?

    @Option(help: "Threads of a rank; the recipe's number by default.")
    var threads: Int?

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    func validate() throws {
        for (name, value, least) in [
            ("--draws", draws, 1), ("--re-estimate-statistics", reestimateBatches, 0),
            ("--ensemble", ensemble, 1), ("--threads", threads, 1),
        ] {
            if let value, value < least {
                throw ValidationError("\(name) \(value) is out of range; at least \(least)")
            }
        }
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
            if printsJSON {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                encoder.nonConformingFloatEncodingStrategy = .convertToString(
                    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
                print(String(decoding: try encoder.encode(report), as: UTF8.self))
            } else {
                print(EvaluationTables(report).text, terminator: "")
            }
            fflush(nil)
            return .success
        }
    }
}
