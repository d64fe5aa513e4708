import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Ctrl-C with or without a launcher leads to a checkpoint, to exit code 75, and to one line
    /// for each event.
    @Suite struct StopRequestTests {
        private static let settings = ["training.steps=4000", "checkpoint.everySteps=2"]

        private func start(
            _ script: String, _ arguments: [String], _ run: TestRun, fault: String? = nil
        ) throws -> Launch {
            let programs = URL(filePath: try Launch.program("lrnet-dist"))
                .deletingLastPathComponent().path
            return try Launch(
                "\(repositoryRoot)/launch/\(script)",
                arguments + run.arguments(Self.settings).dropFirst(),
                environment: ["LRNET_PROGRAMS": programs].merging(
                    fault.map { ["LRNET_FAULT": $0] } ?? [:]
                ) { $1 })
        }

        /// The script waits until the job has ended.
        @Test(arguments: [("local.sh", ["2"]), ("run.sh", ["-n", "2", "--", "train"])])
        func `a second request ends a hung job without a new checkpoint`(
            script: String, arguments: [String]
        ) throws {
            let run = try TestRun()
            let launch = try start(script, arguments, run, fault: "hang:rank=0,step=4")
            #expect(launch.waits { run.checkpoints.contains("step-00000002") })
            sleep(1)
            launch.signal(SIGINT)
            usleep(500_000)
            launch.signal(SIGINT)
            let outcome = try launch.wait()
            #expect(
                outcome.errors.contains("stopped without a new checkpoint"), "\(outcome.errors)")
            #expect(script == "run.sh" ? outcome.status == 75 : ![0, 75].contains(outcome.status))
            #expect(rankProcesses(of: "lrnet-dist", with: run.output).isEmpty)
        }

        /// True if mpirun printed nothing about a program that ended with an exit code other than
        /// 0.
        private func isQuiet(_ outcome: Launch.Outcome) -> Bool {
            ["mpirun", "-----", "Terminated", "Forwarding"].allSatisfy {
                !outcome.errors.contains($0) && !outcome.output.contains($0)
            }
        }

        @Test(arguments: [1, 2], [SIGINT, SIGTERM, SIGHUP])
        func `a signal to the local launcher stops the run with a checkpoint`(
            ranks: Int, signal: Int32
        ) throws {
            let run = try TestRun()
            let launch = try start("local.sh", ["\(ranks)"], run)
            #expect(launch.waits { run.checkpoints.contains("step-00000002") })
            launch.signal(signal)
            let outcome = try launch.wait()
            #expect(outcome.status == 75, "\(outcome.errors)")
            #expect(
                outcome.errors.split(separator: "\n").filter { $0.hasPrefix("local.sh: ") } == [
                    "local.sh: stopping after this step with a checkpoint (60 s at most); press "
                        + "Ctrl-C again to stop without one"
                ])
            #expect(outcome.output.contains("with a checkpoint; run the same command again"))
            #expect(isQuiet(outcome), "\(outcome.errors)")
            #expect(!FileBytes.exists("\(run.output)/result.json"))
        }

        /// The launcher receives an unknown option; Open MPI's runs with `--quiet`.
        @Test func `the launcher reports a failure that mpirun does not print`() throws {
            let run = try TestRun()
            let programs = URL(filePath: try Launch.program("lrnet-dist"))
                .deletingLastPathComponent().path
            let hosts = "\(run.folder.path)/hosts"
            try AtomicFile.write("localhost slots=2\n", to: hosts)
            let outcome = try Launch(
                "\(repositoryRoot)/launch/hosts.sh",
                [hosts, "2"] + run.arguments(Self.settings).dropFirst(),
                environment: [
                    "LRNET_PROGRAMS": programs, "MAP_BY": "nothing", "MPI_OPTIONS": "--nothing",
                ]
            ).wait()
            #expect(outcome.status != 0 && outcome.status != 75)
            #expect(outcome.errors.contains("hosts.sh: \(RankLauncher.name) ended with exit code "))
        }

        @Test func `an interrupt stops a single process and is answered with one line`() throws {
            let run = try TestRun()
            let launch = try run.start(Self.settings)
            #expect(launch.waits { run.checkpoints.contains("step-00000002") })
            launch.signal(SIGINT)
            let outcome = try launch.wait()
            #expect(outcome.status == 75)
            #expect(
                outcome.complaints == [
                    "lrnet-dist: stopping after this step with a checkpoint; press Ctrl-C again to "
                        + "stop without one"
                ])
        }

        @Test(arguments: [nil, 2])
        func `the remedy of a failed start works in the same folder`(ranks: Int?) throws {
            let run = try TestRun()
            let missing = "\(run.folder.path)/full"
            let settings = ["training.steps=2", "initialization.from=\(missing)"]
            let failed = try run.train(settings, ranks: ranks)
            #expect(failed.status == 66)
            let source = try TestRun(output: "\(run.folder.path)/source")
            _ = try source.result([
                "training.steps=2", "weights=full-precision", "validation.everyEpochs=1",
            ])
            let again = try run.train(
                ["training.steps=2", "initialization.from=\(source.output)"], ranks: ranks)
            #expect(again.status == 0, "\(again.errors)")
            #expect(try run.written().steps == 2)
        }
    }
}
