import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetCommandLine
import LRNetSupport

/// The trainer's command line: options and printing only.
@main
struct LRNetDist: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lrnet-dist",
        abstract: "Trains networks with binary or ternary weights (LR-nets), data-parallel.",
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

    /// ArgumentParser's own errors end with 64, as all usage errors here. Of several ranks, which
    /// all read the same command line, the first alone prints.
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

    /// Prints a line on standard error.
    static func complain(_ line: String) {
        FileHandle.standardError.write(Data("lrnet-dist: \(line)\n".utf8))
    }

    static func fail(_ line: String, _ status: ExitStatus) -> Never {
        Console.complain("\(line)\n")
        Foundation.exit(status.rawValue)
    }
}
