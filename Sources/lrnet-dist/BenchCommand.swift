import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time training steps, kernels, the gradient exchange, or inference.",
        discussion: """
            Without a subcommand, `bench` runs `step` and accepts its options:
              mpirun -n 2 --bind-to none lrnet-dist bench --network mnist
            `bench --kernels` is the same as `bench kernels`, and `bench --communication` is the \
            same as `bench exchange`, and `bench --deploy` the same as `bench deploy`.
            """,
        subcommands: [
            BenchStepCommand.self, BenchKernelsCommand.self, BenchExchangeCommand.self,
            BenchDeployCommand.self,
        ],
        defaultSubcommand: BenchStepCommand.self)
}
