import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetCommandLine
import LRNetSupport

/// The trainer's command line, which only handles options and printing.
@main
struct LRNetDist: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lrnet-dist",
        abstract: "Train neural networks with binary or ternary weights, data-parallel over MPI.",
        discussion: """
            Runs as one process, or on many ranks under mpirun or srun:
              mpirun -n 8 lrnet-dist train launch/recipes/mnist-ternary.yaml \\
                --data data/mnist --output runs/mnist-ternary
            """,
        version: ProgramVersion.number,
        subcommands: [
            TrainCommand.self, EvaluateCommand.self, BenchCommand.self, DescribeCommand.self,
            RecipeCommand.self, CompareCommand.self, DoctorCommand.self, ReportCommand.self,
            ExportCommand.self, PredictCommand.self,
        ])

    /// Runs the command line. Every usage error exits with 64, including ArgumentParser's own. All
    /// ranks read the same command line, so only the first rank prints what is wrong with it.
    static func main() {
        Console.prepare()
        let isSilent = ProcessGroups.launchedRank ?? 0 > 0
        var command = parsedCommandLine(isSilent: isSilent)
        do {
            try command.run()
        } catch let failure as Failure {
            fail("lrnet-dist: \(failure)", failure.exitStatus)
        } catch {
            endCommandLine(with: error, isSilent: isSilent)
        }
    }

    static func printError(_ line: String) {
        Console.printError("lrnet-dist: \(line)\n")
    }

    static func fail(_ line: String, _ status: ExitStatus) -> Never {
        Console.printError("\(line)\n")
        Foundation.exit(status.rawValue)
    }
}
