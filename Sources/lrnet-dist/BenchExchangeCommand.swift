import ArgumentParser
import LRNetBenchmarks
import LRNetCollectives
import LRNetSupport

struct BenchExchangeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange",
        abstract: "Time the gradient exchange, alone and in steps, against MPI_Allreduce.",
        discussion: """
            Times both reductions, exact and fast:
              mpirun -n 2 --bind-to none lrnet-dist bench exchange --network mnist
            """)

    @OptionGroup var recipe: BenchRecipeOptions

    @Option(help: "Steps to time for each kind, after two warm-up steps.")
    var steps = 20

    @OptionGroup var output: BenchOutputOptions

    func validate() throws {
        try checkRange("--steps", steps, 1...1_000_000)
    }

    func run() throws {
        ProcessGroups.run { group in
            try Self.bench(recipe, steps: steps, output: output, group)
            return .success
        }
    }

    static func bench(
        _ recipe: BenchRecipeOptions, steps: Int, output: BenchOutputOptions,
        _ group: any ProcessGroup
    ) throws {
        let recipe = try recipe.read(group)
        let report = try CommunicationBenchmark(recipe: recipe, group: group).run(steps: steps)
        guard group.isCoordinator else { return }
        try output.print(report, text: report.text, markdown: report.markdown)
    }
}
