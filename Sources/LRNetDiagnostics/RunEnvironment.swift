internal import Foundation
package import LRNetCollectives
internal import LRNetSupport

/// `environment.json`: what a run ran on. Numbers repeat bit for bit where versions, CPU type and
/// BLAS core are the same.
package struct RunEnvironment: Sendable, Codable, Equatable {
    /// The file's name in a run's folder.
    package static let name = "environment.json"

    /// When the run was started or resumed.
    package var startedAt: String

    /// The command line of rank 0, a word each; absent in runs of earlier versions.
    package var commandLine: [String]?

    /// SHA-256 of the program of rank 0; absent in runs of earlier versions.
    package var programSHA256: String?

    /// Versions on rank 0.
    package var versions: LibraryVersions

    /// The number of ranks.
    package var ranks: Int

    /// Threads of each.
    package var threads: Int

    /// The variables that change what the libraries do, as far as they are set on rank 0.
    package var variables: [String: String]

    /// The ranks, in order.
    package var placement: [RankEnvironment]

    static let variableNames = [
        "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OMP_PROC_BIND",
        "SLURM_JOB_ID", "HDF5_USE_FILE_LOCKING",
    ]

    /// Describes a run from its parts.
    package init(
        startedAt: String, versions: LibraryVersions, threads: Int, variables: [String: String],
        placement: [RankEnvironment]
    ) {
        self.startedAt = startedAt
        commandLine = PathText.arguments
        programSHA256 = try? ContentHash.of(fileAt: "/proc/self/exe")
        self.versions = versions
        ranks = placement.count
        self.threads = threads
        self.variables = variables
        self.placement = placement
    }

    /// Gathers the ranks' descriptions. Every rank calls it.
    ///
    /// - Parameter threads: Threads of a rank.
    package static func gather(group: any ProcessGroup, threads: Int) throws -> RunEnvironment {
        let own = try JSONEncoder().encode(RankEnvironment.current(group))
        let all = try group.allGather(Array(own))
        let environment = ProcessInfo.processInfo.environment
        return RunEnvironment(
            startedAt: Date().ISO8601Format(), versions: LibraryVersions(), threads: threads,
            variables: environment.filter { variableNames.contains($0.key) },
            placement: try all.map {
                try JSONDecoder().decode(RankEnvironment.self, from: Data($0))
            })
    }

    /// The hosts, in the order of their first rank.
    package var hosts: [String] {
        var hosts: [String] = []
        for rank in placement where !hosts.contains(rank.host) { hosts.append(rank.host) }
        return hosts
    }

    /// The ranks on a host.
    package func ranks(on host: String) -> [RankEnvironment] {
        placement.filter { $0.host == host }
    }
}
