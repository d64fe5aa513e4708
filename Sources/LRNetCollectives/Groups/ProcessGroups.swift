import Foundation
package import LRNetSupport

/// Starts and ends the process group of a program.
package enum ProcessGroups {
    /// Makes the group that this process was launched into: MPI under `mpirun` or an `srun` with
    /// PMI, one process otherwise. Every process of the launch must call it, once, from its main thread.
    ///
    /// - Throws: `Failure` when MPI does not start, or when the launcher started several
    ///   processes that do not find each other: each would otherwise train alone, over the same
    ///   files.
    package static func start() throws -> any ProcessGroup {
        let environment = try checkedEnvironment()
        guard environment.isLaunched else { return SingleProcessGroup() }
        if environment.localSize > ProcessInfo.processInfo.activeProcessorCount {
            // A rank that waits would burn the core that another needs to arrive: small gathers
            // of 8 ranks on 2 cores take 73 ms instead of 0.06. `mpirun --oversubscribe` sets it,
            // a host file with too many slots does not. A user's own setting stays.
            setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0)
        }
        let group = try MPIProcessGroup()
        if let expected = environment.announcedSize, expected != group.size {
            throw Failure(
                call: "MPI_Comm_size", subject: "launched as one of \(expected)",
                message: "MPI sees \(group.size); the launcher and \(MPILibrary.version) do not "
                    + "belong together", exitStatus: .inputOutput)
        }
        return group
    }

    /// The rank that the launcher says this process has; `nil` where none says so.
    ///
    /// For errors that come before the group is started.
    package static var launchedRank: Int? {
        for name in ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"] {
            if let rank = getenv(name).flatMap({ Int(String(cString: $0)) }) { return rank }
        }
        return nil
    }

    /// This process's place in its launch, as the launcher says; MPI is not started.
    ///
    /// For work that one process of a launch does alone.
    ///
    /// - Throws: `Failure` (64) where several processes were started and none knows its
    ///   place, so that each would believe itself alone.
    package static func launchedPlace() throws -> (rank: Int, size: Int) {
        let environment = try checkedEnvironment()
        guard environment.isLaunched else { return (0, 1) }
        return (launchedRank ?? 0, environment.announcedSize ?? max(1, environment.stepTaskCount))
    }

    /// The body of a program: starts the group, does `work`, ends the group and the process.
    ///
    /// An agreed failure is printed once, by rank 0, and every rank exits with its status. Any other
    /// error is printed by the rank that has it, which then ends all ranks: no hang. Every process
    /// of the launch must call it, from its main thread.
    ///
    /// - Parameter program: What errors begin with, if anything: `lrnet-data`.
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

    /// What the launcher left in the environment.
    struct LaunchEnvironment: Equatable {
        /// A launcher that MPI can talk to started this process.
        var isLaunched = false
        /// The number of processes that it says it started.
        var announcedSize: Int?
        /// The number of them on this machine, or 0.
        var localSize = 0
        /// The number of tasks of the Slurm step that this process belongs to, or 0.
        var stepTaskCount = 0
    }

    static func launchEnvironment() -> LaunchEnvironment {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        var result = LaunchEnvironment()
        // SLURM_PROCID is not among them: a batch script has it, too, without any PMI.
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

    /// - Throws: `Failure` (64) for tasks of Slurm that cannot find each other.
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

    /// Prints one line, with the program and the rank in front; the latter unless the error names it.
    private static func report(_ error: any Error, program: String?, rank: Int?) {
        fflush(nil)
        var text = "\(error)"
        if let rank, !text.hasPrefix("rank ") { text = "rank \(rank): \(text)" }
        if let program { text = "\(program): \(text)" }
        let line = Array("\(text)\n".utf8)
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }
}
