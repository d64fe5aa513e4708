import ArgumentParser

/// Options that select another benchmark when `bench` has no subcommand.
struct BenchShorthand: ParsableArguments {
    @Flag(help: "Run `bench kernels` instead.")
    var kernels = false

    @Flag(help: "Run `bench exchange` instead.")
    var communication = false

    @Flag(help: "Run `bench deploy` instead.")
    var deploy = false

    @Option(help: "With --kernels, run only kernels whose name contains this text.")
    var only: String?

    @OptionGroup(visibility: .hidden) var output: BenchOutputOptions

    /// Rejects options that the selected benchmark does not have.
    func validate(with step: BenchStepCommand) throws {
        let selected = [
            ("--kernels", kernels), ("--communication", communication), ("--deploy", deploy),
        ].filter(\.1).map(\.0)
        if selected.count > 1 {
            throw ValidationError(
                "\(selected[0]) cannot be combined with \(selected[1]); use one of them")
        }
        if kernels && step.recipe.threads > 1 {
            throw ValidationError("--kernels runs on one thread; omit --threads")
        }
        if output.markdown && selected.isEmpty {
            throw ValidationError("--markdown requires --kernels, --communication or --deploy")
        }
        if only != nil && !kernels {
            throw ValidationError("--only requires --kernels")
        }
        if let option = selected.first, step.data != nil {
            throw ValidationError("--data cannot be combined with \(option); omit it")
        }
        if let option = selected.first, !communication, !step.recipe.settings.isEmpty {
            throw ValidationError("--set cannot be combined with \(option); omit it")
        }
        if communication && step.reduction != "exact" {
            throw ValidationError("--communication times both reductions; omit --reduction")
        }
    }
}
