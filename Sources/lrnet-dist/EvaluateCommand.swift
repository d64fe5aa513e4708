public import ArgumentParser
import Foundation
import LRNetCollectives
public import LRNetData
import LRNetSupport
public import LRNetTraining

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
        help: "Of a run: drawn or likeliest (the recipe's choice by default), or the winner's file."
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
            for warning in report.warnings {
                FileHandle.standardError.write(Data("lrnet-dist: warning: \(warning)\n".utf8))
            }
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
