internal import LRNetCollectives
internal import LRNetSupport

/// The check that ranks and threads have the cores that they need. It has no side effects. Its time
/// grows in proportion to the ranks.
package enum PlacementCheck {
    /// Returns two findings per host, on its cores and on the binding of its ranks, one finding on
    /// differences between machines, and a warning if the ranks of a host cannot exchange first.
    package static func findings(_ environment: RunEnvironment) -> [Finding] {
        let (hosts, threads) = (environment.hosts, environment.threads)
        return hosts.map { cores(on: $0, threads: threads) }
            + hosts.map { binding(on: $0, threads: threads) }
            + [equality(environment.placement, hostCount: hosts.count)]
            + [order(environment.placement, hosts)].compactMap { $0 }
    }

    /// Ranks exchange within their host first only if every host has the same number of consecutive
    /// ranks (`RankGroups`).
    private static func order(_ ranks: [RankEnvironment], _ hosts: [RunHost]) -> Finding? {
        if ranks.isEmpty || RankGroups(hosts: ranks.map(\.host)).isRegular { return nil }
        let counts = hosts.map(\.ranks.count)
        let scattered =
            hosts.first { host in
                guard let first = host.ranks.first, let last = host.ranks.last else { return false }
                return last.rank - first.rank + 1 != host.ranks.count
            } ?? hosts[0]
        let text =
            Set(counts).count > 1
            ? "hosts have \(counts.min() ?? 0) to \(counted(counts.max() ?? 0, "rank"))"
            : "the ranks of a host are not consecutive: \(names(scattered.ranks).dropLast())"
        return .warning(
            "rank order",
            "\(text), so ranks do not exchange within their host first and more bytes leave each host",
            remedy: "start equal numbers of consecutive ranks on the hosts, with mpirun --map-by "
                + "ppr:N:node (Open MPI), -ppn N (MPICH) or srun --distribution=block")
    }

    private static func cores(on host: RunHost, threads: Int) -> Finding {
        let ranks = host.ranks
        let required = ranks.count * threads
        let available = ranks.first?.processor.coreCount ?? 1
        let text =
            "\(host.name): \(counted(ranks.count, "rank")) x \(counted(threads, "thread")) "
            + "on \(counted(available, "core"))"
        guard required > available else { return .good("cores", text) }
        return .warning(
            "cores", text,
            remedy: "start \(counted(max(available / threads, 1), "rank")) on that "
                + "host, or lower training.threads; results stay the same, but ranks wait for "
                + "one another")
    }

    private static func binding(on host: RunHost, threads: Int) -> Finding {
        let (name, ranks) = (host.name, host.ranks)
        let unbound = "mpirun --bind-to none, or srun --cpus-per-task=\(threads) --cpu-bind=cores"
        if let tight = ranks.first(where: { $0.coreCount < threads && $0.isBound }) {
            return .failure(
                "binding",
                "\(name): rank \(tight.rank) may use \(counted(tight.coreCount, "core")) "
                    + "(\(ProcessAffinity.text(tight.cores))) for \(threads) threads",
                remedy: unbound)
        }
        let union = Set(ranks.flatMap(\.cores))
        if ranks.contains(where: \.isBound), !union.isEmpty, union.count < ranks.count * threads,
            union.count < (ranks.first?.processor.coreCount ?? 1)
        {
            return .failure(
                "binding",
                "\(name): \(counted(ranks.count, "rank")) x \(threads) share "
                    + "\(counted(union.count, "core")) (\(ProcessAffinity.text(union.sorted())))",
                remedy: unbound)
        }
        guard let bound = ranks.first(where: \.isBound) else {
            return .good("binding", "\(name): ranks may use every core")
        }
        return .good(
            "binding",
            "\(name): rank \(bound.rank) on cores \(ProcessAffinity.text(bound.cores))"
                + (ranks.count > 1 ? ", other ranks likewise" : ""))
    }

    /// The properties that determine the bits of a product.
    private struct Kind: Equatable {
        var model: String
        var vectorLevel: VectorLevel
        var blasCore: String
        var forcedBLASCore: String?

        init(_ rank: RankEnvironment) {
            model = rank.processor.model
            vectorLevel = rank.processor.vectorLevel
            blasCore = rank.blasCore
            forcedBLASCore = rank.forcedBLASCore
        }

        var text: String {
            let forced = forcedBLASCore.map { " (OPENBLAS_CORETYPE=\($0))" } ?? ""
            return "\(model), \(vectorLevel), BLAS core \(blasCore)\(forced)"
        }

        /// Returns true if products have the same bits, regardless of why a BLAS core was chosen.
        func isAlike(_ other: Kind) -> Bool {
            model == other.model && vectorLevel == other.vectorLevel && blasCore == other.blasCore
        }
    }

    private static func equality(_ ranks: [RankEnvironment], hostCount: Int) -> Finding {
        var kinds: [(kind: Kind, ranks: [RankEnvironment])] = []
        for rank in ranks {
            let kind = Kind(rank)
            if let known = kinds.firstIndex(where: { $0.kind.isAlike(kind) }) {
                kinds[known].ranks.append(rank)
            } else {
                kinds.append((kind, [rank]))
            }
        }
        guard kinds.count > 1 else {
            return .good(
                "same CPUs",
                hostCount == 1 ? "one host" : "on all \(hostCount) hosts")
        }
        return .warning(
            "same CPUs",
            kinds.map { "\(names($0.ranks)) \($0.kind.text)" }.joined(separator: "; "),
            remedy: "results repeat bit for bit only between machines of one type: choose such "
                + "hosts, or set OPENBLAS_CORETYPE to the same value on all")
    }

    /// Returns text such as `rank 3 on node7:` or `ranks 0-2,4 on node1, node2:`.
    private static func names(_ ranks: [RankEnvironment]) -> String {
        let hosts = RunHost.all(of: ranks).map(\.name)
        let more = hosts.count > 8 ? " and \(hosts.count - 8) more" : ""
        return "rank\(ranks.count == 1 ? "" : "s") \(ProcessAffinity.text(ranks.map(\.rank))) on "
            + "\(hosts.prefix(8).joined(separator: ", "))\(more):"
    }

    /// Returns a count with its noun, such as `1 rank` or `3 ranks`.
    package static func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
