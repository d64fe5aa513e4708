import ArgumentParser
import Foundation
import LRNetBenchmarks
import LRNetCollectives
import LRNetSupport
import LRNetTraining

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time whole training steps, kernels, or communication.",
        discussion: """
            Without --kernels or --communication it times steps and prints one JSON line:
              mpirun -n 2 --bind-to none lrnet-dist bench --network mnist \\
                --global-batch 256
            With --data it reads and augments as training does, and "data_percent" is the share of \
            a step that waits for data:
              lrnet-dist bench --network cifar10 --data data/cifar10 \\
                --set augmentation.pad=4 --set augmentation.crop=32
            --kernels compares each hot kernel with a plain loop, then times it against what one \
            core can do at most; it ends with 70 if a result is wrong.
            """)

    @Flag(help: "Time each kernel beside its naive twin and its bound; one process.")
    var kernels = false

    @Option(help: "Only kernels whose name contains this.")
    var only: String?

    @Flag(help: "Time the exchange of gradients, alone and in steps, beside MPI_Allreduce.")
    var communication = false

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    @Flag(help: "Print the kernels' table, or the communication's rows, in Markdown.")
    var markdown = false

    @Option(help: "The network.")
    var network = "mnist"

    @Option(help: "The training method.")
    var weights = "ternary"

    @Option(name: .customLong("global-batch"), help: "Samples of a step over all ranks.")
    var globalBatch = 256

    @Option(name: .customLong("gradient-leaves"), help: "Parts that a batch is cut into.")
    var gradientLeaves = 8

    @Option(name: .customLong("micro-batch"), help: "Samples of a product; a leaf by default.")
    var microBatch: Int?

    @Option(help: "Read this data set; a batch in memory by default.")
    var data: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Changes a key of the benchmark's recipe.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: "Threads of a rank.")
    var threads = 1

    @Option(help: "Steps to time, after two to warm up; with --communication of each kind.")
    var steps = 20

    @Option(help: "How gradients are added up: exact or fast; --communication times both.")
    var reduction = "exact"

    func validate() throws {
        try checkRange("--steps", steps, 1...1_000_000)
        try checkRange("--global-batch", globalBatch, 1...10_000_000)
        try checkRange("--gradient-leaves", gradientLeaves, 1...65_536)
        try checkRange("--micro-batch", microBatch, 1...10_000_000)
        try checkRange("--threads", threads, 1...1024)
        if kernels && communication {
            throw ValidationError("--kernels and --communication exclude each other")
        }
        if kernels && threads > 1 {
            throw ValidationError("--kernels runs on one thread; leave --threads out")
        }
        if markdown && !kernels && !communication {
            throw ValidationError("--markdown goes with --kernels or --communication")
        }
        if only != nil && !kernels {
            throw ValidationError("--only goes with --kernels")
        }
        if markdown && json {
            throw ValidationError("--markdown and --json exclude each other")
        }
        if data != nil && (kernels || communication) {
            throw ValidationError("--data goes with steps, not with --kernels or --communication")
        }
        if kernels && !settings.isEmpty {
            throw ValidationError("--set goes with steps and --communication")
        }
        if communication && reduction != "exact" {
            throw ValidationError("--communication times both reductions; leave --reduction out")
        }
    }

    func run() throws {
        ProcessGroups.run { group in
            if kernels {
                try benchKernels(group)
            } else {
                let recipe = try group.agreeing {
                    try Recipe(yaml: "", file: "bench", overrides: overrides)
                }
                if communication {
                    try benchCommunication(recipe, group)
                } else {
                    try benchSteps(recipe, group)
                }
            }
            return .success
        }
    }

    private var overrides: [String] {
        let micro = microBatch ?? max(globalBatch / gradientLeaves, 1)
        return [
            "network=\(network)", "weights=\(weights)", "training.globalBatch=\(globalBatch)",
            "training.gradientLeaves=\(gradientLeaves)", "training.microBatch=\(micro)",
            "training.threads=\(threads)", "reduction=\(reduction)",
        ] + settings
    }

    private func benchKernels(_ group: any ProcessGroup) throws {
        try group.agreeing {
            if group.size > 1 {
                throw Failure(
                    call: "bench", subject: "--kernels",
                    message: "runs in one process, not on \(group.size) ranks", exitStatus: .usage)
            }
        }
        let report = try KernelBenchmark(only: only).run()
        if json {
            try printLine(report)
        } else {
            try Console.print(markdown ? report.markdown : report.text, terminator: "")
        }
    }

    private func benchCommunication(_ recipe: Recipe, _ group: any ProcessGroup) throws {
        let report = try CommunicationBenchmark(recipe: recipe, group: group).run(steps: steps)
        guard group.isCoordinator else { return }
        if json {
            try printLine(report)
        } else {
            try Console.print(markdown ? report.markdown : report.text, terminator: "")
        }
    }

    private func benchSteps(_ recipe: Recipe, _ group: any ProcessGroup) throws {
        let report = try TrainingBenchmark(recipe: recipe, group: group, data: data)
            .run(steps: steps)
        if group.isCoordinator { try printLine(report) }
    }

    private func printLine(_ report: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try Console.print(String(decoding: encoder.encode(report), as: UTF8.self))
    }
}
