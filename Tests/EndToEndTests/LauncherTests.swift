import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing
import Yams

extension EndToEndTests {
    /// Scripts and manifests for schedulers that are not installed here. They are linted, and run
    /// as far as possible.
    @Suite struct LauncherTests {
        private static let launchFolder = "\(repositoryRoot)/launch"
        private static let scripts = TestFolder.names(in: launchFolder).filter {
            $0.hasSuffix(".sh") || $0.hasSuffix(".sbatch")
        }

        @Test func `bash parses every launch script`() throws {
            #expect(Self.scripts.contains("slurm.sbatch") && Self.scripts.count >= 9)
            for script in Self.scripts {
                let outcome = try launch("/bin/bash", ["-n", "\(Self.launchFolder)/\(script)"])
                #expect(outcome.code == 0, "\(outcome.error)")
            }
        }

        private static let hasShellcheck: Bool = {
            if (try? launch("/usr/bin/env", ["shellcheck", "--version"]))?.code == 0 {
                return true
            }
            FileHandle.standardError.write(
                Data("SKIPPED: shellcheck of launch/, because it is not installed\n".utf8))
            return false
        }()

        @Test(.enabled(if: hasShellcheck))
        func `shellcheck finds no warnings in the launch scripts`() throws {
            let outcome = try launch(
                "/usr/bin/env",
                [
                    "shellcheck", "--severity", "warning", "--external-sources",
                    "--source-path=SCRIPTDIR",
                ]
                    + Self.scripts.map { "\(Self.launchFolder)/\($0)" })
            #expect(outcome.code == 0, "\(outcome.output)")
        }

        // MARK: Slurm

        /// Runs `slurm.sbatch` as Slurm would, with a `scontrol` that records its arguments.
        private func startSlurm(
            _ run: TestRun, _ settings: [String], environment: [String: String] = [:]
        ) throws -> Launch {
            let folder = run.folder.path
            try FileManager.default.createDirectory(
                atPath: "\(folder)/.build", withIntermediateDirectories: true)
            let programs = URL(filePath: try Launch.program("lrnet-dist"))
                .deletingLastPathComponent().path
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/.build/release", withDestinationPath: programs)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/launch", withDestinationPath: Self.launchFolder)
            try AtomicFile.write(
                "#!/bin/sh\necho \"$@\" >> \(folder)/scontrol.log\n", to: "\(folder)/scontrol")
            chmod("\(folder)/scontrol", 0o755)
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            return try Launch(
                "\(Self.launchFolder)/slurm.sbatch", Array(run.arguments(settings).dropFirst()),
                environment: [
                    // SLURM_JOBID is left out, because with it Open MPI would call srun.
                    "SLURM_JOB_ID": "17", "SLURM_SUBMIT_DIR": folder, "SLURM_NTASKS": "2",
                    "OMPI_MCA_rmaps_base_oversubscribe": "1", "PATH": "\(folder):\(path)",
                ].merging(environment) { $1 })
        }

        private func requests(_ run: TestRun) -> String {
            let bytes = try? FileBytes.read("\(run.folder.path)/scontrol.log")
            return String(decoding: bytes ?? [], as: UTF8.self)
        }

        private static let array = ["SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "3"]

        /// Slurm sends SIGUSR1 before the time limit, and SIGTERM for `scancel`.
        @Test(
            arguments: [
                (SIGUSR1, [:], "requeue 17\n"), (SIGUSR1, array, "requeue 17_3\n"),
                (SIGTERM, array, ""),
            ] as [(Int32, [String: String], String)])
        func `Slurm's signal saves a checkpoint and requeues the job or the task of an array`(
            signal: Int32, environment: [String: String], requests: String
        ) throws {
            let run = try TestRun()
            let launch = try startSlurm(
                run, ["training.steps=4000", "checkpoint.everySteps=2"], environment: environment)
            #expect(launch.waits { run.checkpoints.contains("step-00000002") })
            launch.signal(signal)
            let outcome = try launch.wait()
            #expect(outcome.status == 75, "\(outcome.errors)")
            #expect(self.requests(run) == requests)
            #expect(outcome.output.contains("with a checkpoint; run the same command again"))
        }

        @Test func `a job whose run stops itself is requeued and not restarted`() throws {
            let run = try TestRun()
            let outcome = try startSlurm(
                run, ["training.steps=4000", "training.maxMinutes=0.02"]
            ).wait()
            #expect(outcome.status == 75, "\(outcome.errors)")
            #expect(requests(run) == "requeue 17\n")
            #expect(!outcome.errors.contains("restart"), "\(outcome.errors)")
        }

        @Test func `{task} in the arguments of a job needs an array`() throws {
            let run = try TestRun()
            let settings = ["training.steps=2", "training.seed={task}"]
            let alone = try startSlurm(run, settings).wait()
            #expect(alone.status == 64 && alone.errors.contains("{task}"), "\(alone.errors)")
            let other = try TestRun()
            let task = try startSlurm(other, settings, environment: Self.array).wait()
            try #require(task.status == 0, "\(task.errors)")
            let third = try TestRun().result(["training.steps=2", "training.seed=3"])
            #expect(try other.written().numbers == third.numbers)
        }

        @Test(arguments: [("training.steps=2", 0), ("training.globalBatch=15", 78)])
        func `a Slurm job that finishes or fails is not requeued`(
            setting: String, status: Int32
        ) throws {
            let run = try TestRun()
            let outcome = try startSlurm(run, [setting]).wait()
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(requests(run).isEmpty)
        }

        // MARK: Kubernetes

        private typealias Node = [String: Any]

        private static let manifest = "\(launchFolder)/kubernetes/mpijob.yaml"

        private func node(_ parent: Node, _ path: String...) throws -> Node {
            try path.reduce(parent) {
                try #require($0[$1] as? Node, "\(path.joined(separator: "."))")
            }
        }

        private func spec() throws -> Node {
            let text = String(decoding: try FileBytes.read(Self.manifest), as: UTF8.self)
            let documents = try Array(Yams.load_all(yaml: text))
            #expect(documents.count == 1)
            let job = try #require(documents.first as? Node)
            #expect(job["apiVersion"] as? String == "kubeflow.org/v2beta1")
            #expect(job["kind"] as? String == "MPIJob")
            #expect(Set(job.keys) == ["apiVersion", "kind", "metadata", "spec"])
            return try node(job, "spec")
        }

        /// The known fields are those of the operator's `MPIJobSpec`, `RunPolicy` and
        /// `ReplicaSpec`, and of core/v1's `PodSpec` and `Container`, if they can be useful here.
        @Test func `the Kubernetes manifest contains only known fields`() throws {
            let spec = try spec()
            #expect(
                Set(spec.keys).isSubset(of: [
                    "slotsPerWorker", "runLauncherAsWorker", "runPolicy", "mpiReplicaSpecs",
                    "sshAuthMountPath", "launcherCreationPolicy", "mpiImplementation",
                ]), "\(spec.keys)")
            #expect(
                Set(try node(spec, "runPolicy").keys).isSubset(of: [
                    "cleanPodPolicy", "ttlSecondsAfterFinished", "activeDeadlineSeconds",
                    "backoffLimit", "schedulingPolicy", "suspend", "managedBy",
                ]))
            #expect(
                ["AtStartup", "WaitForWorkersReady"].contains(
                    spec["launcherCreationPolicy"] as? String))
            #expect(
                ["All", "Running", "None"].contains(
                    try node(spec, "runPolicy")["cleanPodPolicy"] as? String))
            let replicas = try node(spec, "mpiReplicaSpecs")
            #expect(Set(replicas.keys) == ["Launcher", "Worker"])
            for kind in replicas.keys {
                let replica = try node(replicas, kind)
                #expect(Set(replica.keys) == ["replicas", "restartPolicy", "template"])
                let pod = try node(replica, "template", "spec")
                #expect(
                    Set(pod.keys).isSubset(of: [
                        "terminationGracePeriodSeconds", "securityContext", "nodeSelector",
                        "containers", "volumes", "affinity", "tolerations",
                    ]), "\(pod.keys)")
                for container in try #require(pod["containers"] as? [Node]) {
                    #expect(
                        Set(container.keys).isSubset(of: [
                            "name", "image", "securityContext", "workingDir", "command", "args",
                            "env", "resources", "volumeMounts", "readinessProbe", "lifecycle",
                        ]), "\(container.keys)")
                    let mounts = container["volumeMounts"] as? [Node] ?? []
                    let volumes = pod["volumes"] as? [Node] ?? []
                    #expect(
                        Set(mounts.compactMap { $0["name"] as? String })
                            == Set(volumes.compactMap { $0["name"] as? String }))
                }
            }
        }

        /// The script and the recipe that the manifest names must exist, and its variables must be
        /// strings.
        @Test
        func `the manifest's ranks, slots, cores, and grace periods fit one another`() throws {
            let spec = try spec()
            let replicas = try node(spec, "mpiReplicaSpecs")
            func pod(_ kind: String) throws -> Node { try node(replicas, kind, "template", "spec") }
            func container(_ kind: String) throws -> Node {
                try #require((try pod(kind)["containers"] as? [Node])?.first)
            }
            let launcher = try container("Launcher")
            let command = try #require(launcher["command"] as? [String])
            let arguments = try #require(launcher["args"] as? [String])
            #expect(FileManager.default.isExecutableFile(atPath: "\(repositoryRoot)/\(command[0])"))
            func value(of option: String) throws -> Int {
                let index = try #require(arguments.firstIndex(of: option))
                return try #require(Int(arguments[index + 1]))
            }
            let slots = try #require(spec["slotsPerWorker"] as? Int)
            let workers = try #require(try node(replicas, "Worker")["replicas"] as? Int)
            #expect(try value(of: "-n") == slots * workers)
            let limits = try node(try container("Worker"), "resources", "limits")
            #expect(limits["cpu"] as? String == "\(slots)")
            let grace = try value(of: "--grace")
            let podGrace = try #require(
                try pod("Launcher")["terminationGracePeriodSeconds"] as? Int)
            #expect(podGrace >= grace + 15)
            let stop = try node(try container("Worker"), "lifecycle", "preStop", "exec")
            let sleep = try #require((stop["command"] as? [String])?.last.flatMap { Int($0) })
            #expect(sleep >= podGrace)
            #expect(
                try #require(try pod("Worker")["terminationGracePeriodSeconds"] as? Int) > sleep)
            let recipe = try #require(arguments.first { $0.hasSuffix(".yaml") })
            #expect(FileManager.default.fileExists(atPath: "\(repositoryRoot)/\(recipe)"))
            let variables = try #require(launcher["env"] as? [Node])
            #expect(variables.allSatisfy { $0["name"] is String && $0["value"] is String })
        }
    }
}
