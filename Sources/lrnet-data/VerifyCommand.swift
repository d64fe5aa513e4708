import ArgumentParser
import Foundation
import LRNetData
import LRNetKernels
import LRNetSupport

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read a whole data set and compare it with its index.",
        discussion: """
            Checks the SHA-256 of every file, every chunk, every label, the hash of the samples \
            and the pixel statistics. Each problem is printed on one line. The first problem \
            determines the exit code: 65 for damaged, 66 for missing, 74 for unreadable files.
            """)

    @Argument(help: "Data set folder.")
    var directory: String

    func run() throws {
        let set = try ShardSet(directory: directory)
        let verifier = ShardSetVerifier(
            set,
            pool: try ThreadPool(threadCount: ProcessInfo.processInfo.activeProcessorCount))
        let bar = ProgressBar("verifying", total: verifier.sampleCount, unit: "images")
        let problems = verifier.run { bar.advance(by: $0) }
        bar.finish()
        for problem in problems { LRNetDataTool.printError("\(problem)") }
        if let first = problems.first { throw ExitCode(first.exitStatus.rawValue) }
        try Console.print(
            "\(directory): all \(TextTable.grouped(verifier.sampleCount)) images are intact")
    }
}
