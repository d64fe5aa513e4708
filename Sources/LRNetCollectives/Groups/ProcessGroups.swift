import Foundation
package import LRNetSupport

/// Functions that start and end the process group of a program.
package enum ProcessGroups {
    /// Creates the group of this launch: MPI under `mpirun`, or under `srun` with PMI; otherwise
    /// one process. Every process of the launch must call it, once, from its main thread.
    ///
    /// - Throws: `Failure` if MPI does not start, or if the launcher started several processes that
    ///   cannot find each other. Each of them would otherwise train alone and overwrite the same
    ///   files.
    package static func start() throws -> any ProcessGroup {
        let environment = try checkedEnvironment()
        guard environment.isLaunched else { return SingleProcessGroup() }
        if environment.localSize > ProcessInfo.processInfo.activeProcessorCount {
            // A waiting rank would occupy the core that another rank needs to continue: small
            // gathers of 8 ranks on 2 cores took 73 ms instead of 0.06 ms. `mpirun --oversubscribe`
            // sets this variable; a host file with too many slots does not. A user's setting is
            // kept.
            setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0)
        }
        let group = try MPIProcessGroup()
        if let expected = environment.announcedSize, expected != group.size {
            throw Failure(
                call: "MPI_Comm_size", subject: "launched as one of \(expected)",
                message: "MPI reports \(group.size); use the mpirun or srun that belongs to "
                    + MPILibrary.version, exitStatus: .inputOutput)
        }
        return group
    }

    /// The rank of this process as reported by the launcher, for errors before the group is
    /// started; `nil` without a launcher.
    package static var launchedRank: Int? {
        for name in ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"] {
            if let rank = getenv(name).flatMap({ Int(String(cString: $0)) }) { return rank }
        }
        return nil
    }

    /// Returns this process's rank and the size of its launch, as reported by the launcher. MPI is
    /// not started.
    ///
    /// It serves work that one process of a launch does alone.
    ///
    /// - Throws: `Failure` (64) if several processes were started without ranks, so that each would
    ///   act as the only process.
    package static func launchedPlace() throws -> (rank: Int, size: Int) {
        let environment = try checkedEnvironment()
        guard environment.isLaunched else { return (0, 1) }
        return (launchedRank ?? 0, environment.announcedSize ?? max(1, environment.stepTaskCount))
    }

    /// Runs a program: starts the group, runs `work`, and ends the group and the process.
    ///
    /// An agreed failure is printed once, by rank 0, and every rank exits with its status. Any
    /// other error is printed by the rank where it occurs, which then ends all ranks so that none
    /// hangs. Every process of the launch must call it, from its main thread.
    ///
    /// - Parameter program: The prefix of error lines, such as `lrnet-data`; `nil` for none.
    package static func run(
        as program: String? = nil, _ work: (any ProcessGroup) throws -> ExitStatus
    ) -> Never {
        func report(_ error: any Error, rank: Int? = nil) {
            Self.report(error, program: program, rank: rank)
        }
        let group: any ProcessGroup
        do {
            group = try start()
        } catch {
            report(error)
            exit(Failure.exitStatus(of: error).rawValue)
        }
        do {
            let status = try work(group)
            try group.finalize()
            exit(status.rawValue)
        } catch let failure as Failure where failure.isAgreed {
            if group.isCoordinator { report(failure) }
            try? group.finalize()
            exit(failure.exitStatus.rawValue)
        } catch {
            report(error, rank: group.size > 1 ? group.rank : nil)
            group.abort(Failure.exitStatus(of: error))
        }
    }

    /// The launcher's settings in the environment.
    struct LaunchEnvironment: Equatable {
        /// True if a launcher that supports MPI started this process.
        var isLaunched = false
        /// The number of started processes, as reported by the launcher.
        var announcedSize: Int?
        /// The number of started processes on this machine, or 0 if unknown.
        var localSize = 0
        /// The number of tasks in this process's Slurm step, or 0 outside Slurm.
        var stepTaskCount = 0
    }

    static func launchEnvironment() -> LaunchEnvironment {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        var result = LaunchEnvironment()
        // SLURM_PROCID does not count, because a batch script also has it, without any PMI.
        let names = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"]
        result.isLaunched = names.contains { value($0) != nil }
        result.announcedSize = (value("OMPI_COMM_WORLD_SIZE") ?? value("PMI_SIZE")).flatMap {
            Int($0)
        }
        result.localSize =
            (value("OMPI_COMM_WORLD_LOCAL_SIZE") ?? value("MPI_LOCALNRANKS")).flatMap { Int($0) }
            ?? 0
        result.stepTaskCount = value("SLURM_STEP_NUM_TASKS").flatMap { Int($0) } ?? 0
        return result
    }

    /// - Throws: `Failure` (64) for Slurm tasks that cannot find each other.
    private static func checkedEnvironment() throws -> LaunchEnvironment {
        let environment = launchEnvironment()
        if !environment.isLaunched && environment.stepTaskCount > 1 {
            throw Failure(
                call: "srun",
                subject: "\(environment.stepTaskCount) tasks without a PMI environment",
                message: "start with srun --mpi=pmix, or with mpirun", exitStatus: .usage)
        }
        return environment
    }

    /// Prints one line that starts with the program and the rank. The rank is omitted if the error
    /// already names one.
    private static func report(_ error: any Error, program: String?, rank: Int?) {
        fflush(nil)
        var text = "\(error)"
        if let rank, !text.hasPrefix("rank ") { text = "rank \(rank): \(text)" }
        if let program { text = "\(program): \(text)" }
        let line = Array("\(text)\n".utf8)
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }
}
