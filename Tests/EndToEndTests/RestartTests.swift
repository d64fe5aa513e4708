import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// `launch/run.sh`, which starts a failed job again.
    @Suite struct RestartTests {
        static let settings = [
            "training.steps=8", "checkpoint.everySteps=2", "weights=twn",
        ]

        /// The parameters of a run that nobody disturbs.
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

        /// The script's own lines.
        private func lines(_ outcome: Launch.Outcome) -> [String] {
            outcome.errors.split(separator: "\n").map(String.init).filter {
                $0.hasPrefix("run.sh: ")
            }
        }

        @Test func killedRankIsStartedAgain() throws {
            let run = try TestRun()
            let outcome = try start(
                ["-n", "2"], run,
                environment: ["LRNET_FAULT": "kill:rank=1,step=6,when=fresh"]
            ).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(
                lines(outcome) == [
                    "run.sh: a rank was killed, perhaps for lack of memory (exit code 137); "
                        + "restart 1 of 5 in 1 s"
                ])
            #expect(outcome.errors.contains("first observed failure\n  rank   1 of 2\n"))
            let result = try run.written()
            #expect(result.resumedFromStep == 4)
            #expect(try result.parametersSHA256 == Self.reference.get())
        }

        @Test func restartsAreCounted() throws {
            let run = try TestRun()
            let outcome = try start(
                ["-n", "1", "--max-restarts", "0"], run,
                environment: ["LRNET_FAULT": "kill:rank=0,step=1"]
            ).wait()
            #expect(outcome.status == 137)
            #expect(lines(outcome).count == 1)
            #expect(lines(outcome).last?.hasSuffix("no restart is left of 0") == true)
        }

        @Test func badRecipeIsNotStartedAgain() throws {
            let run = try TestRun()
            let outcome = try start(["-n", "2"], run, ["training.globalBatch=15"]).wait()
            #expect(outcome.status == 78)
            #expect(lines(outcome).isEmpty)
        }

        @Test func askedToStop() throws {
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

        /// One of two machines is gone; results are the same on the other one alone.
        @Test func missingHost() throws {
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
            #expect(lines(few)[1].contains("take 2 ranks, fewer than 4"))
            let outcome = try start(
                ["-n", "4", "--hostfile", hosts, "--min-ranks", "2"], run,
                ["training.steps=2"], environment: environment
            ).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(lines(outcome).last == "run.sh: going on with 2 of 4 ranks")
            #expect(try run.written().ranks == 2)
        }

        @Test(arguments: [[], ["-n", "x"], ["-n", "2", "--min-ranks", "3"], ["-n", "2", "-x"]])
        func usage(options: [String]) throws {
            #expect(try start(options, TestRun()).wait().status == 64)
        }
    }
}
