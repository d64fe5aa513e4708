import ArgumentParser
import Foundation
import LRNetData
import LRNetKernels
import LRNetSupport

/// `lrnet-data verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads a whole data set and compares it with its index.",
        discussion: """
            Every file's SHA-256, every chunk, every label, the samples' hash and the pixel \
            statistics are checked. Each problem is one line; the exit code is the first one's: \
            65 damage, 66 missing, 74 unreadable.
            """)

    @Argument(help: "The folder of the shard set.")
    var directory: String

    func run() throws {
        let set = try ShardSet(directory: directory)
        let verifier = ShardSetVerifier(
            set,
            pool: try ThreadPool(threadCount: ProcessInfo.processInfo.activeProcessorCount))
        let bar = ProgressBar("verifying", total: verifier.sampleCount, unit: "images")
        let problems = verifier.run { bar.advance(by: $0) }
        bar.finish()
        for problem in problems { LRNetDataTool.complain("\(problem)") }
        if let first = problems.first { throw ExitCode(first.exitStatus.rawValue) }
        try Console.print(
            "\(directory): all \(TextTable.grouped(verifier.sampleCount)) images are intact")
    }
}
