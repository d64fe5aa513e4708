import ArgumentParser
import LRNetBenchmarks
import LRNetCollectives
import LRNetSupport

struct BenchKernelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels",
        abstract: "Time each kernel against a naive reference and the hardware's bound.",
        discussion: """
            Compares the result of each hot kernel with a plain loop, then times the kernel \
            against the most that one core can do. Runs in one process. Exits with 70 if a result \
            is wrong.
              lrnet-dist bench kernels --only softmax --markdown
            """)

    @Option(help: "Run only kernels whose name contains this text.")
    var only: String?

    @OptionGroup var output: BenchOutputOptions

    func run() throws {
        ProcessGroups.run { group in
            try Self.bench(only: only, output: output, group, subject: "kernels")
            return .success
        }
    }

    /// - Parameter subject: The name of the benchmark in error messages.
    static func bench(
        only: String?, output: BenchOutputOptions, _ group: any ProcessGroup, subject: String
    ) throws {
        try group.agreeing {
            if group.size > 1 {
                throw Failure(
                    call: "bench", subject: subject,
                    message: "runs in one process, not on \(group.size) ranks", exitStatus: .usage)
            }
        }
        let report = try KernelBenchmark(only: only).run()
        try output.print(report, text: report.text, markdown: report.markdown)
    }
}
