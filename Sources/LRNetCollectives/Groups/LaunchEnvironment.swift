/// The environment in which a launcher started this process.
///
/// Launchers announce the rank and the size of the launch by different variables:
///
/// | launcher | rank | size | ranks on this machine |
/// | --- | --- | --- | --- |
/// | Open MPI's `mpirun` | `OMPI_COMM_WORLD_RANK` | `OMPI_COMM_WORLD_SIZE` | `OMPI_COMM_WORLD_LOCAL_SIZE` |
/// | hydra (`mpiexec` of MPICH, Intel MPI, MVAPICH) | `PMI_RANK` | `PMI_SIZE` | `MPI_LOCALNRANKS` |
/// | `srun --mpi=pmi2` | `PMI_RANK` | `PMI_SIZE` | `SLURM_STEP_TASKS_PER_NODE` |
/// | `srun --mpi=pmix` | `PMIX_RANK` | `SLURM_STEP_NUM_TASKS` | `SLURM_STEP_TASKS_PER_NODE` |
/// | PALS (Cray) | `PALS_RANKID` | `PMI_SIZE` | |
///
/// `SLURM_PROCID` does not count, because a batch script also has it, without any MPI.
package struct LaunchEnvironment: Equatable {
    /// True if a launcher that supports MPI started this process.
    package let isLaunched: Bool

    /// This process's rank, if the launcher announces it.
    package let rank: Int?

    /// The number of started processes, if the launcher announces it.
    package let announcedSize: Int?

    /// The number of started processes on this machine, or 0 if unknown.
    package let localSize: Int

    /// The number of tasks in this process's Slurm step, or 0 outside Slurm.
    package let stepTaskCount: Int

    /// The MPI libraries that the launcher can belong to, in the order in which they are tried.
    package let families: [MPIFamily]

    /// - Parameter variables: The environment of this process.
    package init(_ variables: [String: String]) {
        func number(_ names: String...) -> Int? {
            names.lazy.compactMap { variables[$0].flatMap { Int($0) } }.first
        }
        let stepTaskCount = number("SLURM_STEP_NUM_TASKS") ?? 0
        self.stepTaskCount = stepTaskCount
        rank = number("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "PALS_RANKID")
        let names = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "PALS_RANKID"]
        isLaunched = names.contains { variables[$0] != nil }
        // srun's PMIx does not announce the size in a variable of its own.
        announcedSize =
            number("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")
            ?? (isLaunched && stepTaskCount > 0 ? stepTaskCount : nil)
        localSize =
            number("OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS")
            ?? Self.tasks(
                ofNode: number("SLURM_NODEID") ?? 0, in: variables["SLURM_STEP_TASKS_PER_NODE"])
        if variables["OMPI_COMM_WORLD_SIZE"] != nil {
            families = [.openMPI]
        } else if variables["PMIX_RANK"] != nil {
            families = [.openMPI, .mpich]
        } else {
            families = [.mpich, .openMPI]
        }
    }

    /// Returns a node's number in Slurm's list of tasks, such as `4(x2),1` for 4, 4 and 1; 0 if
    /// there is none.
    private static func tasks(ofNode node: Int, in list: String?) -> Int {
        var first = 0
        for entry in (list ?? "").split(separator: ",") {
            let parts = entry.split { "(x)".contains($0) }.compactMap { Int($0) }
            guard let tasks = parts.first else { return 0 }
            first += parts.count > 1 ? parts[1] : 1
            if node < first { return tasks }
        }
        return 0
    }
}
