import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetCommandLine
import LRNetSupport

/// `lrnet-data`: creates, describes and verifies shard sets.
@main
struct LRNetDataTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lrnet-data",
        abstract: "Create, describe and verify data sets for lrnet-dist.",
        version: ProgramVersion.number,
        subcommands: [
            ImportCommand.self, FetchCommand.self, SynthesizeCommand.self, DescribeCommand.self,
            SampleCommand.self, VerifyCommand.self,
        ])

    /// Runs the command line.
    ///
    /// ArgumentParser's own errors exit with 64, like all usage errors. All ranks read the same
    /// command line, but only the first prints.
    static func main() {
        Console.prepare()
        let isSilent = ProcessGroups.launchedRank ?? 0 > 0
        var command = parsedCommandLine(isSilent: isSilent)
        do {
            let fault = try FileFault.armFromEnvironment()
            if let fault, !isSilent { printError("warning: \(fault)") }
            if !(command is ImportImagesCommand) { try exitUnlessFirstRank() }
            try command.run()
        } catch let failure as Failure {
            printError("\(failure)")
            Foundation.exit(failure.exitStatus.rawValue)
        } catch {
            endCommandLine(with: error, isSilent: isSilent)
        }
    }

    /// Exits every process of a launch except the first, so that no two write the same set.
    ///
    /// MPI is not initialized, because the first process would then have to wait for all others to
    /// end.
    private static func exitUnlessFirstRank() throws {
        let (rank, size) = try ProcessGroups.launchedPlace()
        if rank > 0 { Foundation.exit(0) }
        if size > 1 {
            printError(
                "this command runs on rank 0 of \(size) only; only import images uses all ranks")
        }
    }

    /// Prints one line to standard error.
    static func printError(_ line: String) {
        Console.printError("lrnet-data: \(line)\n")
    }
}
