internal import LRNetSupport

/// Whether ranks and threads find the cores that they need; free of side effects.
package enum PlacementCheck {
    /// One finding for each host's cores and for each rank's binding, and one about differences.
    package static func findings(_ environment: RunEnvironment) -> [Finding] {
        environment.hosts.map { cores(on: $0, environment) }
            + environment.hosts.map { binding(on: $0, environment) } + [equality(environment)]
    }

    private static func cores(on host: String, _ environment: RunEnvironment) -> Finding {
        let ranks = environment.ranks(on: host)
        let wanted = ranks.count * environment.threads
        let there = ranks.first?.processor.coreCount ?? 1
        let text =
            "\(host): \(counted(ranks.count, "rank")) x \(counted(environment.threads, "thread")) "
            + "on \(counted(there, "core"))"
        guard wanted > there else { return .good("cores", text) }
        return .warning(
            "cores", text,
            remedy: "start \(counted(max(there / environment.threads, 1), "rank")) there, or lower "
                + "training.threads; results stay the same, but ranks wait for one another")
    }

    private static func binding(on host: String, _ environment: RunEnvironment) -> Finding {
        let ranks = environment.ranks(on: host)
        let threads = environment.threads
        let unbound = "mpirun --bind-to none, or srun --cpus-per-task=\(threads) --cpu-bind=cores"
        if let tight = ranks.first(where: { $0.coreCount < threads && $0.isBound }) {
            return .failure(
                "binding",
                "\(host): rank \(tight.rank) may use \(counted(tight.coreCount, "core")) "
                    + "(\(ProcessAffinity.text(tight.cores))) for \(threads) threads",
                remedy: unbound)
        }
        let union = Set(ranks.flatMap(\.cores))
        if ranks.contains(where: \.isBound), !union.isEmpty, union.count < ranks.count * threads,
            union.count < (ranks.first?.processor.coreCount ?? 1)
        {
            return .failure(
                "binding",
                "\(host): \(counted(ranks.count, "rank")) x \(threads) share "
                    + "\(counted(union.count, "core")) (\(ProcessAffinity.text(union.sorted())))",
                remedy: unbound)
        }
        guard let bound = ranks.first(where: \.isBound) else {
            return .good("binding", "\(host): ranks may use every core")
        }
        return .good(
            "binding",
            "\(host): rank \(bound.rank) on cores \(ProcessAffinity.text(bound.cores))"
                + (ranks.count > 1 ? ", others alike" : ""))
    }

    private static func equality(_ environment: RunEnvironment) -> Finding {
        guard let first = environment.placement.first else { return .good("same CPUs", "-") }
        let other = environment.placement.first {
            $0.processor.model != first.processor.model || $0.blasCore != first.blasCore
                || $0.processor.vectorLevel != first.processor.vectorLevel
        }
        guard let other else {
            return .good(
                "same CPUs",
                environment.hosts.count == 1
                    ? "one host" : "\(environment.hosts.count) hosts alike")
        }
        return .warning(
            "same CPUs",
            "rank \(other.rank) on \(other.host) has \(other.processor.model) (BLAS core "
                + "\(other.blasCore)), rank 0 \(first.processor.model) (\(first.blasCore))",
            remedy: "bits repeat only between machines of one type: choose such hosts, or set "
                + "OPENBLAS_CORETYPE to the same value on all")
    }

    /// `1 rank`, `3 ranks`
    static func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
