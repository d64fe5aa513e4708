internal import Foundation

/// Debian 13 with Open MPI 5, MPICH and Slurm, in a folder that `launch/tools/debian13.sh` made.
///
/// `launch/test.sh --slurm` makes the folder and names it in `LRNET_DEBIAN13`.
package enum Debian13 {
    private static let folder = ProcessInfo.processInfo.environment["LRNET_DEBIAN13"]

    package static var isEnabled: Bool { folder != nil }

    /// Starts a command there, in the root of the repository.
    ///
    /// - Parameters:
    ///   - withSlurm: True if a Slurm serves the command (`launch/tools/slurm-host.sh`).
    ///   - environment: Variables in addition to those of this process.
    package static func start(
        _ command: [String], withSlurm: Bool = false, environment: [String: String] = [:],
        deadline: Duration = .seconds(240)
    ) throws -> Launch {
        let tools = repositoryRoot + "/launch/tools"
        let temporary = FileManager.default.temporaryDirectory.path
        let programs = URL(fileURLWithPath: try Launch.program("lrnet-dist"))
            .deletingLastPathComponent().path
        return try Launch(
            "/usr/bin/env",
            [
                "-C", repositoryRoot, "\(tools)/debian13.sh", folder ?? "", "--mount", temporary,
                "--",
            ]
                + (withSlurm ? ["\(tools)/slurm-host.sh", "--"] : []) + command,
            environment: [
                "LRNET_PROGRAMS": programs,
                // The folder for this machine's shared memory is not visible there.
                "OMPI_MCA_btl_vader_backing_directory": "/dev/shm",
            ].merging(environment) { $1 }, deadline: deadline)
    }
}
