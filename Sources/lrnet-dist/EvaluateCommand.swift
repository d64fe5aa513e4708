public import ArgumentParser
import Foundation
import LRNetCollectives
public import LRNetData
import LRNetSupport
import LRNetTraining

extension DataSplit: ExpressibleByArgument {}

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Draw networks from a run's best checkpoint and measure them.")

    @Argument(help: ArgumentHelp("The run's folder.", valueName: "run"))
    var folder: String

    @Option(help: "The data set's folder.")
    var data: String

    @Option(help: "The split: train, validation or test.")
    var split = DataSplit.validation

    @Option(help: "Networks to draw; the recipe's number by default.")
    var draws: Int?

    @Option(
        name: .customLong("reestimate-batches"),
        help: "Training batches that batch norm is re-estimated over; 0 for moving averages.")
    var reestimateBatches: Int?

    @Option(help: "Threads of a rank; the recipe's number by default.")
    var threads: Int?

    func validate() throws {
        for (name, value, least) in [
            ("--draws", draws, 1), ("--reestimate-batches", reestimateBatches, 0),
            ("--threads", threads, 1),
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
        options.reestimateBatches = reestimateBatches
        options.threads = threads
        let split = split
        ProcessGroups.run { group in
            let report = try RunEvaluation(options: options, group: group).run()
            guard group.isCoordinator else { return .success }
            var table = TextTable(["draw", "errors", "error", "loss"])
            for draw in report.draws {
                table.append([
                    "\(draw.draw)", "\(draw.errorCount)/\(draw.sampleCount)",
                    String(format: "%.2f %%", draw.errorPercent),
                    String(format: "%.4f", draw.loss),
                ])
            }
            print("\(split) split, weights of step \(report.step)")
            print(table.text, terminator: "")
            print(
                String(
                    format: "mean %.3f %%, deviation %.3f, best %.2f %%", report.meanError,
                    report.errorDeviation, report.best?.errorPercent ?? 0))
            fflush(nil)
            return .success
        }
    }
}
