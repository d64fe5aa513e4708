internal import Foundation
package import LRNetCollectives
internal import LRNetSupport

/// The software and hardware of a run, recorded in `environment.json`. Results repeat bit for bit
/// if the versions, the CPU type and the BLAS core are the same.
package struct RunEnvironment: Sendable, Codable, Equatable {
    /// The name of the file in a run's folder.
    package static let name = "environment.json"

    /// The time when the run was started or resumed, in ISO 8601 format.
    package var startedAt: String

    /// The words of rank 0's command line; absent in runs of earlier versions.
    package var commandLine: [String]?

    /// The SHA-256 of rank 0's program; absent in runs of earlier versions.
    package var programSHA256: String?

    /// The versions on rank 0.
    package var versions: LibraryVersions

    /// The number of ranks.
    package var ranks: Int

    /// The number of threads per rank.
    package var threads: Int

    /// The environment variables that affect the libraries and are set on rank 0.
    package var variables: [String: String]

    /// The environments of the ranks, in rank order.
    package var placement: [RankEnvironment]

    static let variableNames = [
        "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OMP_PROC_BIND",
        "SLURM_JOB_ID", "HDF5_USE_FILE_LOCKING",
    ]

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

    /// Gathers the environments of all ranks on rank 0. Every rank must call it.
    ///
    /// - Parameter threads: The number of threads per rank.
    /// - Returns: `nil` on ranks other than 0.
    package static func gather(group: any ProcessGroup, threads: Int) throws -> RunEnvironment? {
        let own = try JSONEncoder().encode(RankEnvironment.current(group))
        guard let all = try group.gather(Array(own)) else { return nil }
        let environment = ProcessInfo.processInfo.environment
        return RunEnvironment(
            startedAt: Date().ISO8601Format(), versions: LibraryVersions(mpi: group.mpiVersion),
            threads: threads,
            variables: environment.filter { variableNames.contains($0.key) },
            placement: try all.map {
                try JSONDecoder().decode(RankEnvironment.self, from: Data($0))
            })
    }

    /// The hosts, in the order of their first rank.
    package var hosts: [RunHost] { RunHost.all(of: placement) }
}
