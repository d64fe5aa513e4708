internal import Foundation
package import LRNetCollectives
internal import LRNetHDF5
internal import LRNetSupport

/// Checks, on all ranks of a group, for problems that make a run wrong or slow.
package struct Doctor {
    package struct Report: Sendable {
        /// The lines of the table; never empty.
        package var findings: [Finding]

        /// True if no finding is a failure.
        package var isHealthy: Bool { findings.allSatisfy { $0.verdict != .failure } }

        /// The table, followed by a remedy for each warning and failure.
        package var text: String {
            var table = TextTable(["", "check", "result"])
            for finding in findings {
                table.append([finding.verdict.rawValue, finding.topic, finding.detail])
            }
            var lines = table.lines
            for finding in findings where !finding.remedy.isEmpty {
                lines.append("\(finding.verdict.rawValue): \(finding.topic): \(finding.remedy)")
            }
            let (failures, warnings) = (count(.failure), count(.warning))
            lines.append(
                failures + warnings == 0
                    ? "no problems found"
                    : "\(counted(failures, "failure")), \(counted(warnings, "warning"))")
            return lines.map { $0 + "\n" }.joined()
        }

        private func counted(_ count: Int, _ noun: String) -> String {
            PlacementCheck.counted(count, noun)
        }

        private func count(_ verdict: Finding.Verdict) -> Int {
            findings.count { $0.verdict == verdict }
        }
    }

    private let group: any ProcessGroup
    private let threads: Int

    /// - Parameter threads: The number of threads per rank in a run.
    package init(group: any ProcessGroup, threads: Int) {
        self.group = group
        self.threads = threads
    }

    /// Performs all checks. Every rank must call it, and receives the same report.
    package func examine() throws -> Report {
        let environment = try RunEnvironment.gather(group: group, threads: threads)
        var findings = try group.sharing {
            guard let environment else { return [Finding]() }
            return versions(environment) + processors(environment)
                + PlacementCheck.findings(environment)
        }
        findings += try merged(
            SpaceCheck.findings(ranksHere: group.hostNames.count { $0 == ownHost }))
        findings.append(try ReductionCheck.run(group))
        findings += try merged([
            NoiseCheck.run(), ProductCheck.run(), BFloatCheck.run(), StorageCheck.run(),
        ])
        return Report(findings: findings)
    }

    private var ownHost: String { group.hostNames[group.rank] }

    private func versions(_ environment: RunEnvironment) -> [Finding] {
        let versions = environment.versions
        let isDebug = ProgramVersion.configuration == "debug"
        let program =
            "lrnet-dist \(versions.lrnetDist), \(versions.swift) for \(ProgramVersion.processor)"
        let mpi = versions.mpi.split(separator: ",").first.map(String.init) ?? versions.mpi
        let known = group.mpiVersion == nil ? MPIChoice.installedVersions() : []
        let installed =
            known.isEmpty
            ? "none"
            : known.map { String($0.prefix { $0 != "," }) }
                .joined(separator: ", ")
        let level = environment.placement.first?.mpiThreadLevel ?? "none"
        return [
            isDebug
                ? .warning(
                    "program", program,
                    remedy: "a debug build is many times slower: swift build -c release")
                : .good("program", program),
            .good("OpenBLAS", "\(versions.openBLAS), one thread per call"),
            .good(
                "HDF5",
                "\(versions.hdf5), \(HDF5Build.isThreadSafe ? "" : "not ")built thread-safe "
                    + "(every call is locked)"),
            .good(
                "MPI",
                group.mpiVersion == nil
                    ? "not used: one process without mpirun; installed: \(installed)"
                    : "\(mpi), \(PlacementCheck.counted(group.size, "rank")), threads \(level)"),
        ]
    }

    private func processors(_ environment: RunEnvironment) -> [Finding] {
        environment.hosts.flatMap { host -> [Finding] in
            guard let rank = host.ranks.first else { return [] }
            let processor = rank.processor
            let extensions = processor.vectorExtensions.joined(separator: " ")
            return [
                .good("CPU", "\(host.name): \(processor.model): \(extensions)"),
                BLASCoreCheck.finding(rank),
            ]
        }
    }

    /// Merges the findings of all ranks. For each topic, returns the worst finding with its rank,
    /// or rank 0's finding if all are good.
    private func merged(_ own: [Finding]) throws -> [Finding] {
        let gathered = try group.gather(Array(try JSONEncoder().encode(own)))
        return try group.sharing {
            let all = try (gathered ?? []).map {
                try JSONDecoder().decode([Finding].self, from: Data($0))
            }
            return own.indices.map { index in worst(all.map { $0[index] }) }
        }
    }

    /// Returns the worst of the findings of all ranks about one topic.
    private func worst(_ findings: [Finding]) -> Finding {
        let rank = findings.indices.max { findings[$0].verdict < findings[$1].verdict } ?? 0
        var finding = findings[rank]
        if finding.verdict == .good { return findings[0] }
        if group.size > 1 {
            finding.detail = "rank \(rank) (\(group.hostNames[rank])): \(finding.detail)"
        }
        return finding
    }
}
