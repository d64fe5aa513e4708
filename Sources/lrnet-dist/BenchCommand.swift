import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time training steps, kernels, or the exchange of gradients.",
        discussion: """
            Options alone are those of `step`:
              mpirun -n 2 --bind-to none lrnet-dist bench --network mnist \\
                --global-batch 256
            `bench --kernels` is `bench kernels`, `bench --communication` is `bench exchange`.
            """,
        subcommands: [
            BenchStepCommand.self, BenchKernelsCommand.self, BenchExchangeCommand.self,
        ],
        defaultSubcommand: BenchStepCommand.self)
}
