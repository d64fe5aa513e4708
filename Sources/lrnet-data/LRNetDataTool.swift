import ArgumentParser
import Foundation
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

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as any Failure {
            complain("\(failure)")
            Foundation.exit(failure.exitStatus.rawValue)
        } catch {
            exit(withError: error)
        }
    }

    /// Prints one line on standard error.
    static func complain(_ line: String) {
        FileHandle.standardError.write(Data("lrnet-data: \(line)\n".utf8))
    }
}
