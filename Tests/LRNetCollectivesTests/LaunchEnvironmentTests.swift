import LRNetCollectives
import Testing

@Suite
struct LaunchEnvironmentTests {
    @Test func `a process without a launcher is alone`() {
        let alone = LaunchEnvironment(["SLURM_PROCID": "0", "SLURM_NTASKS": "4"])
        #expect(!alone.isLaunched && alone.rank == nil && alone.announcedSize == nil)
        #expect(alone.stepTaskCount == 0 && alone.localSize == 0)
    }

    @Test func `Open MPI's mpirun announces its ranks`() {
        let launch = LaunchEnvironment([
            "OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "8",
            "OMPI_COMM_WORLD_LOCAL_SIZE": "4", "PMIX_RANK": "3",
            // A job under Slurm whose ranks are started by mpirun: one task per node.
            "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_TASKS_PER_NODE": "1(x2)",
        ])
        #expect(launch.isLaunched && launch.rank == 3 && launch.announcedSize == 8)
        #expect(launch.localSize == 4 && launch.families == [.openMPI])
    }

    @Test func `hydra announces its ranks`() {
        let launch = LaunchEnvironment([
            "PMI_RANK": "1", "PMI_SIZE": "4", "MPI_LOCALNRANKS": "2", "PMI_FD": "5",
        ])
        #expect(launch.isLaunched && launch.rank == 1 && launch.announcedSize == 4)
        #expect(launch.localSize == 2 && launch.families.first == .mpich)
    }

    /// srun's PMIx sets no variable for the size. Without the step's number of tasks, four processes
    /// with another MPI library would be four trainings in one folder.
    @Test func `the tasks of srun are counted by their step`() {
        let variables = [
            "PMIX_RANK": "2", "SLURM_STEP_NUM_TASKS": "7", "SLURM_NODEID": "1",
            "SLURM_STEP_TASKS_PER_NODE": "3(x2),1",
        ]
        let launch = LaunchEnvironment(variables)
        #expect(launch.isLaunched && launch.rank == 2 && launch.announcedSize == 7)
        #expect(launch.localSize == 3 && launch.families == [.openMPI, .mpich])
        let last = LaunchEnvironment(variables.merging(["SLURM_NODEID": "2"]) { $1 })
        #expect(last.localSize == 1)
        let tasks = LaunchEnvironment(["SLURM_STEP_NUM_TASKS": "4"])
        #expect(!tasks.isLaunched && tasks.stepTaskCount == 4)
    }
}
