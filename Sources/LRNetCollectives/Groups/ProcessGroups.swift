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
        let choice = try MPIChoice(
            setting: ProcessInfo.processInfo.environment[MPIChoice.variable],
            families: environment.families)
        var library = try choice.load()
        // Otherwise a waiting rank would occupy the core that another rank needs to continue: small
        // gathers of 8 ranks on 2 cores took 73 ms instead of 0.06 ms.
        let cores = ProcessInfo.processInfo.activeProcessorCount
        library.isYielding =
            ProcessInfo.processInfo.environment["LRNET_YIELD"].map { $0 != "0" }
            ?? (environment.localSize > cores)
        if library.isYielding {
            // For Open MPI's start and end. `mpirun --oversubscribe` sets it; a host file with too
            // many slots does not. A user's setting is kept.
            setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0)
        }
        let group = try MPIProcessGroup(library)
        if let expected = environment.announcedSize, expected != group.size {
            let remedy =
                environment.stepTaskCount > 0
                ? "use srun --mpi=pmix with Open MPI, srun --mpi=pmi2 with MPICH, or mpirun"
                : "use the mpirun that belongs to it, or set \(MPIChoice.variable) to openmpi, mpich "
                    + "or the path of the mpirun's library"
            throw Failure(
                call: "MPI_Comm_size", subject: "launched as one of \(expected)",
                message: "\(library.version) reports \(group.size); \(remedy)",
                exitStatus: .inputOutput)
        }
        return group
    }

    /// The rank of this process as reported by the launcher, for errors before the group is
    /// started; `nil` without a launcher.
    package static var launchedRank: Int? {
        LaunchEnvironment(ProcessInfo.processInfo.environment).rank
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
        return (
            environment.rank ?? 0, environment.announcedSize ?? max(1, environment.stepTaskCount)
        )
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
            limitShutdown(of: group, status)
            try group.finalize()
            exit(status.rawValue)
        } catch let failure as Failure where failure.isAgreed {
            if group.isCoordinator { report(failure) }
            limitShutdown(of: group, failure.exitStatus)
            try? group.finalize()
            exit(failure.exitStatus.rawValue)
        } catch {
            report(error, rank: group.size > 1 ? group.rank : nil)
            group.abort(Failure.exitStatus(of: error))
        }
    }

    /// The longest time that MPI may take to shut down, in seconds.
    private static let shutdownSeconds: UInt32 = 20

    /// Ends the process with its exit code if MPI does not shut down in time.
    ///
    /// The work is done then and everything is written. MPICH 4.0 over TCP (UCX) sometimes waits
    /// forever in `MPI_Finalize`, because a rank that has closed its connections no longer answers
    /// the others.
    private static func limitShutdown(of group: any ProcessGroup, _ status: ExitStatus) {
        guard group.size > 1 else { return }
        let rank = group.rank
        try? SystemThread.start("shutdown") {
            sleep(shutdownSeconds)
            if rank == 0 {
                Console.printError(
                    "warning: MPI_Finalize: has not returned within \(shutdownSeconds) s; the work is "
                        + "done, and the ranks end without it\n")
            }
            _exit(status.rawValue)
        }
    }

    /// - Throws: `Failure` (64) for Slurm tasks that cannot find each other.
    private static func checkedEnvironment() throws -> LaunchEnvironment {
        let environment = LaunchEnvironment(ProcessInfo.processInfo.environment)
        if !environment.isLaunched && environment.stepTaskCount > 1 {
            throw Failure(
                call: "srun",
                subject: "\(environment.stepTaskCount) tasks without a PMI environment",
                message:
                    "start with srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH), or with mpirun",
                exitStatus: .usage)
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
