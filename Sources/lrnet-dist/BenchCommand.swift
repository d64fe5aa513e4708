import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time training steps, kernels, or the gradient exchange.",
        discussion: """
            Without a subcommand, `bench` runs `step` and accepts its options:
              mpirun -n 2 --bind-to none lrnet-dist bench --network mnist
            `bench --kernels` is the same as `bench kernels`, and `bench --communication` is the \
            same as `bench exchange`.
            """,
        subcommands: [
            BenchStepCommand.self, BenchKernelsCommand.self, BenchExchangeCommand.self,
        ],
        defaultSubcommand: BenchStepCommand.self)
}
