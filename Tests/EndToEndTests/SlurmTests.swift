import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Jobs of a real Slurm, and ranks of every launcher, in Debian 13.
    @Suite(.enabled(if: Debian13.isEnabled, "needs launch/test.sh --slurm"))
    struct SlurmTests {
        /// A recipe of small steps.
        private static let yaml = """
            network: {layers: [8C3, MP2, 8C3, MP2, 16FC], input: 28x28x1, classes: 10}
            weights: ternary
            training: {steps: 40, globalBatch: 16, gradientLeaves: 8, microBatch: 2}
            validation: {everyEpochs: 0}
            checkpoint: {everySteps: 20}
            """

        /// Returns the results of one process outside Debian 13.
        private static func alone(_ settings: [String] = []) throws -> RunResult {
            try TestRun(yaml: yaml).result(settings).numbers
        }

        /// The command that trains with a launcher and its options.
        private func command(
            _ launcher: String, _ ranks: Int, _ run: TestRun, _ settings: [String] = []
        ) throws -> [String] {
            launcher.split(separator: " ").map(String.init)
                + ["-n", "\(ranks)", try Launch.program("lrnet-dist")] + run.arguments(settings)
        }

        /// The command that submits `slurm.sbatch` with 2 ranks.
        private func submission(
            _ run: TestRun, output: String? = nil, options: [String] = [], _ settings: [String]
        ) -> [String] {
            var arguments = Array(run.arguments(settings).dropFirst())
            if let output { arguments = arguments.map { $0 == run.output ? output : $0 } }
            return ["sbatch", "--nodes=1", "--ntasks-per-node=2", "--time=10"]
                + ["--output=\(run.folder.path)/log"] + options
                + ["launch/slurm.sbatch"] + arguments
        }

        private func log(_ run: TestRun) -> String {
            String(decoding: (try? FileBytes.read("\(run.folder.path)/log")) ?? [], as: UTF8.self)
        }

        private func expectDone(
            _ run: TestRun, ranks: Int, _ expected: RunResult, _ outcome: Launch.Outcome
        ) throws {
            try #require(outcome.status == 0, "\(outcome.errors) \(log(run))")
            let result = try run.written()
            #expect(result.ranks == ranks)
            #expect(result.numbers == expected)
        }

        // MARK: Launchers

        @Test(arguments: [
            "mpirun --bind-to none", "mpiexec.hydra -bind-to none", "srun --mpi=pmix",
            "srun --mpi=pmi2",
        ])
        func `ranks of every launcher have the results of one process`(launcher: String) throws {
            let run = try TestRun(yaml: Self.yaml)
            let outcome = try Debian13.start(command(launcher, 2, run), withSlurm: true).wait()
            try expectDone(run, ranks: 2, Self.alone(), outcome)
        }

        /// Each process would train alone, all in one folder.
        @Test(arguments: [
            ("none", "", 64, "srun: 2 tasks without a PMI environment"),
            ("pmi2", "openmpi", 74, "launched as one of 2: Open MPI v5"),
            ("pmix", "mpich", 74, "launched as one of 2: MPICH"),
        ])
        func `srun with another library's interface is refused`(
            interface: String, library: String, status: Int32, message: String
        ) throws {
            let run = try TestRun(yaml: Self.yaml)
            let outcome = try Debian13.start(
                command("srun --mpi=\(interface)", 2, run), withSlurm: true,
                environment: ["LRNET_MPI": library]
            ).wait()
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
            #expect(TestFolder.names(in: run.output).isEmpty)
        }

        @Test(arguments: [
            "mpirun -n 4 --map-by ppr:2:node --bind-to none", "mpiexec.hydra -n 4 -bind-to none",
        ])
        func `virtual hosts have the results of one process`(launcher: String) throws {
            let run = try TestRun(yaml: Self.yaml)
            let outcome = try Debian13.start(
                ["launch/tools/virtual-hosts.sh", "2", "--slots", "2", "--"]
                    + launcher.split(separator: " ").map(String.init)
                    + [try Launch.program("lrnet-dist")] + run.arguments([])
            ).wait()
            try expectDone(run, ranks: 4, Self.alone(), outcome)
            let environment = try FileBytes.read("\(run.output)/environment.json")
            let hosts = String(decoding: environment, as: UTF8.self)
            #expect(hosts.contains("\"node1\"") && hosts.contains("\"node2\""), "\(hosts)")
        }

        @Test(arguments: ["mpirun", "mpiexec.hydra", "srun"])
        func `a run with a killed rank is restarted`(launcher: String) throws {
            let run = try TestRun(yaml: Self.yaml)
            let outcome = try Debian13.start(
                ["launch/run.sh", "-n", "2", "--"] + run.arguments([]), withSlurm: true,
                environment: [
                    "LRNET_LAUNCHER": launcher,
                    "LRNET_FAULT": "kill:rank=1,step=30,when=fresh",
                ]
            ).wait()
            try expectDone(run, ranks: 2, Self.alone(), outcome)
            #expect(try run.written().resumedFromStep == 20)
            #expect(outcome.errors.contains("restart 1 of 5"), "\(outcome.errors)")
        }

        // MARK: Jobs

        @Test(arguments: [
            ("mpirun", ""), ("mpiexec.hydra", ""), ("srun", ""), ("srun", "mpich"),
        ])
        func `a job has the results of one process`(launcher: String, library: String) throws {
            let run = try TestRun(yaml: Self.yaml)
            let outcome = try Debian13.start(
                submission(run, options: ["--wait"], []), withSlurm: true,
                environment: ["LRNET_LAUNCHER": launcher, "LRNET_MPI": library]
            ).wait()
            try expectDone(run, ranks: 2, Self.alone(), outcome)
        }

        /// The second task has the ID of the array as its own. `scontrol requeue` of that ID would
        /// cancel the first task.
        @Test(arguments: ["mpirun", "srun"])
        func `a signal requeues one task of an array and leaves the other alone`(
            launcher: String
        ) throws {
            let tasks = [9, 10]
            let base = try TestRun(yaml: Self.yaml)
            let runs = try tasks.map {
                try TestRun(output: "\(base.folder.path)/task-\($0)", yaml: Self.yaml)
            }
            let array = submission(
                base, output: "\(base.folder.path)/task-{task}",
                options: ["--parsable", "--array=9,10", "--open-mode=append"],
                ["training.steps={task}00"])
            let script = """
                run=$1
                shift
                job=$("$@")
                until [[ -e $run/checkpoints/step-00000020 ]]; do sleep 0.1; done
                scancel --batch --signal=USR1 "${job}_10"
                while [[ -n $(squeue --noheader --array) ]]; do sleep 0.2; done
                scontrol --oneliner show job "$job"
                """
            let outcome = try Debian13.start(
                ["bash", "-euc", script, "array", runs[1].output] + array, withSlurm: true,
                environment: ["LRNET_LAUNCHER": launcher]
            ).wait()
            for (task, run) in zip(tasks, runs) {
                let state = try #require(
                    outcome.output.split(separator: "\n").first {
                        $0.contains(" ArrayTaskId=\(task) ")
                    }, "\(outcome.errors)")
                #expect(state.contains(" JobState=COMPLETED "), "\(state)\n\(log(base))")
                #expect(state.contains(" Restarts=\(task == 10 ? 1 : 0) "), "\(state)")
                try expectDone(run, ranks: 2, Self.alone(["training.steps=\(task)00"]), outcome)
                #expect((try run.written().resumedFromStep > 0) == (task == 10))
            }
        }

        @Test(arguments: ["mpirun", "srun"])
        func `a canceled job is not requeued`(launcher: String) throws {
            let run = try TestRun(yaml: Self.yaml)
            let script = """
                run=$1
                shift
                job=$("$@")
                until [[ -e $run/checkpoints/step-00000020 ]]; do sleep 0.1; done
                scancel "$job"
                while [[ -n $(squeue --noheader) ]]; do sleep 0.2; done
                scontrol --oneliner show job "$job"
                """
            let job = submission(run, options: ["--parsable"], ["training.steps=2500"])
            let outcome = try Debian13.start(
                ["bash", "-euc", script, "job", run.output] + job, withSlurm: true,
                environment: ["LRNET_LAUNCHER": launcher]
            ).wait()
            #expect(outcome.output.contains(" JobState=CANCELLED "), "\(outcome.output)")
            #expect(outcome.output.contains(" Restarts=0 "), "\(outcome.output)")
            #expect(!log(run).contains("requeuing"))
        }
    }
}
