import ArgumentParser

/// Options that select another benchmark when `bench` has no subcommand.
struct BenchShorthand: ParsableArguments {
    @Flag(help: "Run `bench kernels` instead.")
    var kernels = false

    @Flag(help: "Run `bench exchange` instead.")
    var communication = false

    @Option(help: "With --kernels, run only kernels whose name contains this text.")
    var only: String?

    @OptionGroup(visibility: .hidden) var output: BenchOutputOptions

    /// Rejects options that the selected benchmark does not have.
    func validate(with step: BenchStepCommand) throws {
        if kernels && communication {
            throw ValidationError(
                "--kernels cannot be combined with --communication; use one of them")
        }
        if kernels && step.recipe.threads > 1 {
            throw ValidationError("--kernels runs on one thread; omit --threads")
        }
        if output.markdown && !kernels && !communication {
            throw ValidationError("--markdown requires --kernels or --communication")
        }
        if only != nil && !kernels {
            throw ValidationError("--only requires --kernels")
        }
        if step.data != nil && (kernels || communication) {
            throw ValidationError(
                "--data cannot be combined with --kernels or --communication; omit it")
        }
        if kernels && !step.recipe.settings.isEmpty {
            throw ValidationError("--set cannot be combined with --kernels; omit it")
        }
        if communication && step.reduction != "exact" {
            throw ValidationError("--communication times both reductions; omit --reduction")
        }
    }
}
