import ArgumentParser
import LRNetBenchmarks
import LRNetCollectives
import LRNetSupport

struct BenchStepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Time whole training steps and print one line of JSON.",
        discussion: """
              mpirun -n 2 --bind-to none lrnet-dist bench step --network mnist
            With --plan 16, "busy_threads" tells how many of 16 threads would work on average.
            With --data, each step reads and augments samples as in training, and "data_percent" \
            is the share of its time spent waiting for data:
              lrnet-dist bench step --network cifar10 --data data/cifar10 \\
                --set augmentation.pad=4 --set augmentation.crop=32
            """)

    @OptionGroup var recipe: BenchRecipeOptions

    @Option(help: "Data set folder to read; by default, a batch in memory is used.")
    var data: String?

    @Option(help: "Steps to time, after two warm-up steps.")
    var steps = 20

    @Option(
        help: ArgumentHelp(
            "Plan this many threads instead: time the parts of a step on one thread.",
            valueName: "threads"))
    var plan: Int?

    @Option(help: "Gradient reduction: exact or fast.")
    var reduction = "exact"

    @OptionGroup(visibility: .hidden) var shorthand: BenchShorthand

    func validate() throws {
        try checkRange("--steps", steps, 1...1_000_000)
        if let plan {
            try checkRange("--plan", plan, 1...1024)
            if recipe.threads > 1 {
                throw ValidationError("--plan cannot be combined with --threads; omit one of them")
            }
        }
        try shorthand.validate(with: self)
    }

    func run() throws {
        ProcessGroups.run { group in
            if shorthand.kernels {
                try BenchKernelsCommand.bench(
                    only: shorthand.only, output: shorthand.output, group, subject: "--kernels")
            } else if shorthand.deploy {
                try BenchDeployCommand.bench(
                    nil, data: nil, threads: recipe.threads, output: shorthand.output, group,
                    subject: "--deploy")
            } else if shorthand.communication {
                try BenchExchangeCommand.bench(
                    recipe, steps: steps, output: shorthand.output, group)
            } else {
                let recipe = try recipe.read(group, reduction: reduction)
                let report = try TrainingBenchmark(
                    recipe: recipe, group: group, data: data, plannedThreads: plan
                ).run(steps: steps)
                if group.isCoordinator { try BenchOutputOptions.printLine(report) }
            }
            return .success
        }
    }
}
