import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetCommandLine
import LRNetSupport

/// `lrnet-data`: makes, shows, describes and verifies shard sets.
@main
struct LRNetDataTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lrnet-data",
        abstract: "Makes, describes and verifies data sets for lrnet-dist.",
        version: ProgramVersion.number,
        subcommands: [
            ImportCommand.self, FetchCommand.self, SynthesizeCommand.self, DescribeCommand.self,
            SampleCommand.self, VerifyCommand.self,
        ])

    /// ArgumentParser's own errors end with 64, as all usage errors here. Of several ranks, which all
    /// read the same command line, the first alone prints.
    static func main() {
        Console.prepare()
        let isSilent = ProcessGroups.launchedRank ?? 0 > 0
        var command = parsedCommandLine(isSilent: isSilent)
        do {
            let fault = try FileFault.armFromEnvironment()
            if let fault, !isSilent { complain("warning: \(fault)") }
            if !(command is ImportImagesCommand) { try leaveToFirstRank() }
            try command.run()
        } catch let failure as Failure {
            complain("\(failure)")
            Foundation.exit(failure.exitStatus.rawValue)
        } catch {
            endCommandLine(with: error, isSilent: isSilent)
        }
    }

    /// Ends every process of a launch but the first, so that no two write the same set.
    ///
    /// MPI is not started: its start would make the first process wait for the end of all.
    private static func leaveToFirstRank() throws {
        let (rank, size) = try ProcessGroups.launchedPlace()
        if rank > 0 { Foundation.exit(0) }
        if size > 1 {
            complain("rank 0 of \(size) does this alone; only import images runs on several ranks")
        }
    }

    /// Prints one line on standard error.
    static func complain(_ line: String) {
        Console.complain("lrnet-data: \(line)\n")
    }
}
