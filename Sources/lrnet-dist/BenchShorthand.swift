import ArgumentParser

/// The options by which `bench` without a subcommand names the other benchmarks.
struct BenchShorthand: ParsableArguments {
    @Flag(help: "As `bench kernels`.")
    var kernels = false

    @Flag(help: "As `bench exchange`.")
    var communication = false

    @Option(help: "With --kernels.")
    var only: String?

    @OptionGroup(visibility: .hidden) var output: BenchOutputOptions

    /// Refuses options that the benchmark named here does not have.
    func validate(with step: BenchStepCommand) throws {
        if kernels && communication {
            throw ValidationError("--kernels and --communication exclude each other")
        }
        if kernels && step.recipe.threads > 1 {
            throw ValidationError("--kernels runs on one thread; leave --threads out")
        }
        if output.markdown && !kernels && !communication {
            throw ValidationError("--markdown goes with --kernels or --communication")
        }
        if only != nil && !kernels {
            throw ValidationError("--only goes with --kernels")
        }
        if step.data != nil && (kernels || communication) {
            throw ValidationError("--data goes with steps, not with --kernels or --communication")
        }
        if kernels && !step.recipe.settings.isEmpty {
            throw ValidationError("--set goes with steps and --communication")
        }
        if communication && step.reduction != "exact" {
            throw ValidationError("--communication times both reductions; leave --reduction out")
        }
    }
}
