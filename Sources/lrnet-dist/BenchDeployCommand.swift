import ArgumentParser
import LRNetBenchmarks
import LRNetCollectives
import LRNetData
import LRNetDeployment
import LRNetSupport

struct BenchDeployCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Time inference of one image with 2-bit weights.",
        discussion: """
            Times the largest layers of the CIFAR-10 network beside OpenBLAS's products of real \
            numbers, and a finished network in each arithmetic. Fixed point requires a packed file \
            that was exported with --data, or --data here. OpenBLAS does not know some CPUs; if \
            the printed core is wrong, set OPENBLAS_CORETYPE.
              lrnet-dist bench deploy net.lrnet.safetensors
            """)

    @Argument(
        help: ArgumentHelp("Run folder, winner file or packed file.", valueName: "run-or-file"))
    var source: String?

    @Option(help: "Data set folder that determines the units of fixed point.")
    var data: String?

    @Option(help: "Threads that share the work of an image.")
    var threads = 1

    @OptionGroup var output: BenchOutputOptions

    func validate() throws {
        try checkRange("--threads", threads, 1...1024)
        if data != nil && source == nil {
            throw ValidationError("--data requires a run or file")
        }
    }

    func run() throws {
        ProcessGroups.run { group in
            try Self.bench(
                source, data: data, threads: threads, output: output, group, subject: "deploy")
            return .success
        }
    }

    /// - Parameters:
    ///   - source: The network to time, or `nil` for layers alone.
    ///   - subject: The name of the benchmark in error messages.
    static func bench(
        _ source: String?, data: String?, threads: Int, output: BenchOutputOptions,
        _ group: any ProcessGroup, subject: String
    ) throws {
        try group.agreeing {
            if group.size > 1 {
                throw Failure(
                    call: "bench", subject: subject,
                    message: "runs in one process, not on \(group.size) ranks", exitStatus: .usage)
            }
        }
        let network = try source.map { try NetworkSource($0) }
        let set = try data.map { try ShardSet(directory: $0) }
        let fixed = try network.flatMap { network in
            try network.fixed ?? set.map { try network.calibrated(on: $0, threads: threads) }
        }
        let report = try DeploymentBenchmark(network: network, fixed: fixed, threads: threads)
            .run()
        try output.print(report, text: report.text, markdown: report.markdown)
    }
}
