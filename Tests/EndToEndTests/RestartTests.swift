import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// `launch/run.sh` restarts a failed job.
    @Suite struct RestartTests {
        static let settings = [
            "training.steps=8", "checkpoint.everySteps=2", "weights=twn",
        ]

        /// The hash of the parameters of an undisturbed run.
        static let reference = Result { try TestRun().result(settings).parametersSHA256 }

        private func start(
            _ options: [String], _ run: TestRun, _ settings: [String] = [],
            environment: [String: String] = [:]
        ) throws -> Launch {
            let tests = URL(filePath: #filePath).deletingLastPathComponent()
            let root = tests.deletingLastPathComponent().deletingLastPathComponent()
            let programs = URL(filePath: try Launch.program("lrnet-dist"))
                .deletingLastPathComponent().path
            return try Launch(
                "\(root.path)/launch/run.sh",
                options + ["--"] + run.arguments(Self.settings + settings),
                environment: environment.merging(["LRNET_PROGRAMS": programs]) { $1 })
        }

        private static let killed = RankLauncher.current.status(ofSignal: SIGKILL)

        /// Returns the script's own lines.
        private func lines(_ outcome: Launch.Outcome) -> [String] {
            outcome.errors.split(separator: "\n").map(String.init).filter {
                $0.hasPrefix("run.sh: ")
            }
        }

        @Test func `a job with a killed rank restarts and ends with the same parameters`() throws {
            let run = try TestRun()
            let outcome = try start(
                ["-n", "2"], run,
                environment: ["LRNET_FAULT": "kill:rank=1,step=6,when=fresh"]
            ).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(
                lines(outcome) == [
                    "run.sh: a rank was killed, perhaps for lack of memory (exit code "
                        + "\(Self.killed)); restart 1 of 5 in 1 s"
                ])
            // hydra ends rank 0 at once, before it can write the block.
            #expect(
                RankLauncher.current == .hydra
                    || outcome.errors.contains("first observed failure\n  rank   1 of 2\n"))
            let result = try run.written()
            // hydra ends rank 0 at once, too, even if it is still writing the checkpoint.
            #expect(result.resumedFromStep == 4 || RankLauncher.current == .hydra)
            #expect(try result.parametersSHA256 == Self.reference.get())
        }

        @Test func `a job without restarts left ends with the rank's exit code`() throws {
            let run = try TestRun()
            let outcome = try start(
                ["-n", "1", "--max-restarts", "0"], run,
                environment: ["LRNET_FAULT": "kill:rank=0,step=1"]
            ).wait()
            #expect(outcome.status == Self.killed)
            #expect(lines(outcome).count == 1)
            #expect(lines(outcome).last?.hasSuffix("no restarts left (--max-restarts 0)") == true)
        }

        @Test func `a job with a bad recipe is not restarted`() throws {
            let run = try TestRun()
            let outcome = try start(["-n", "2"], run, ["training.globalBatch=15"]).wait()
            #expect(outcome.status == 78)
            #expect(lines(outcome).isEmpty)
        }

        @Test func `SIGTERM to the restart script stops the run with a checkpoint`() throws {
            let run = try TestRun()
            let launch = try start(["-n", "2"], run, ["training.steps=400"])
            #expect(launch.waits { run.checkpoints.contains("step-00000002") })
            launch.signal(SIGTERM)
            let outcome = try launch.wait()
            #expect(outcome.status == 75)
            #expect(outcome.output.contains("with a checkpoint; run the same command again"))
            #expect(
                lines(outcome) == [
                    "run.sh: stopping after this step with a checkpoint (60 s at most); press "
                        + "Ctrl-C again to stop without one"
                ])
        }

        /// One of two hosts does not answer.
        @Test func `a job runs without a missing host if enough ranks are left`() throws {
            let run = try TestRun()
            let hosts = "\(run.folder.path)/hosts"
            try AtomicFile.write("# two\nlocalhost slots=2\nnowhere slots=2  # gone\n", to: hosts)
            let check = "\(run.folder.path)/check"
            try AtomicFile.write("#!/bin/sh\n[ \"$1\" = localhost ]\n", to: check)
            chmod(check, 0o755)
            let environment = ["LRNET_HOST_CHECK": check]
            let few = try start(
                ["-n", "4", "--hostfile", hosts, "--max-restarts", "0"], run,
                environment: environment
            ).wait()
            #expect(few.status == 74)
            #expect(lines(few)[1].contains("have 2 slots; at least 4 are required"))
            let outcome = try start(
                ["-n", "4", "--hostfile", hosts, "--min-ranks", "2"], run,
                ["training.steps=2"], environment: environment
            ).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(lines(outcome).last == "run.sh: continuing with 2 of 4 ranks")
            #expect(try run.written().ranks == 2)
        }

        @Test(arguments: [[], ["-n", "x"], ["-n", "2", "--min-ranks", "3"], ["-n", "2", "-x"]])
        func `the restart script refuses bad options with exit code 64`(options: [String]) throws {
            #expect(try start(options, TestRun()).wait().status == 64)
        }
    }
}
