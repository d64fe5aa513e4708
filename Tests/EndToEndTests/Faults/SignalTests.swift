import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Signals stop a run in each of its phases. It exits with 75 and loses nothing, and the same
    /// command resumes it to the undisturbed end.
    @Suite struct SignalTests {
        private func expectContinuation(
            _ run: TestRun, ranks: Int?, _ settings: [String] = [],
            _ reference: SmallRun.Reference? = nil
        ) throws {
            let again = try run.train(settings, ranks: ranks)
            #expect(again.status == 0, "\(again.errors)")
            #expect(
                try run.differences(from: reference ?? SmallRun.reference.get()) == [])
        }

        /// Starts a run in which one call on a file is slow, and signals it during that call.
        private func interrupt(
            _ run: TestRun, slow: String, ranks: Int?, _ number: Int32 = SIGUSR1
        ) throws -> Launch.Outcome {
            let launch = try run.start(
                ranks: ranks, environment: [FileFault.variable: "slow:\(slow),count=1"])
            #expect(launch.waits { launch.errorsSoFar.contains("FAULT: slow ") })
            launch.signal(number)
            return try launch.wait()
        }

        /// Returns true if a process ignores, catches, or blocks SIGUSR1.
        private func handlesSignals(_ process: Int32) -> Bool {
            let text = (try? FileBytes.read("/proc/\(process)/status")) ?? []
            for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
                guard ["SigIgn:", "SigCgt:", "SigBlk:"].contains(where: line.hasPrefix),
                    let mask = UInt64(line.split(separator: "\t").last ?? "", radix: 16)
                else { continue }
                if mask >> UInt64(SIGUSR1 - 1) & 1 == 1 { return true }
            }
            return false
        }

        /// MPI creates the ranks' shared memory when it starts. If there is none yet, the signal
        /// arrives before that. A slow call afterward keeps the run from ending before a busy
        /// machine has sent the signal.
        @Test func `a signal during the start of MPI stops the run`() throws {
            var wasBefore = false
            for _ in 0..<8 where !wasBefore {
                let run = try SmallRun.make()
                let slow = "slow:call=open,path=environment.json,count=1"
                let launch = try run.start(ranks: 2, environment: [FileFault.variable: slow])
                _ = launch.waits {
                    wasBefore = launch.sharedMemoryNames.isEmpty
                    let processes = run.rankProcesses()
                    return processes.count == 2 && processes.values.allSatisfy(handlesSignals)
                }
                launch.signal(SIGUSR1)
                let outcome = try launch.wait()
                #expect(try run.code(outcome) == 75, "\(outcome.errors)")
                #expect(outcome.complaints == [])
                try expectContinuation(run, ranks: 3)
            }
            #expect(wasBefore, "signals are not handled while MPI starts")
        }

        /// The signal arrives after the run has opened its folder.
        @Test(arguments: [nil, 3])
        func `a signal before the first step saves a checkpoint of step 0`(ranks: Int?) throws {
            let run = try SmallRun.make()
            let outcome = try interrupt(run, slow: "call=open,path=environment.json", ranks: ranks)
            #expect(try run.code(outcome) == 75)
            #expect(outcome.output.contains("stopped at step 0 with a checkpoint; run the same"))
            #expect(run.checkpoints == ["latest", "step-00000000"])
            try expectContinuation(run, ranks: 2)
        }

        @Test func `a signal at the start of a resume adds no step`() throws {
            let run = try SmallRun.make()
            let first = try interrupt(
                run, slow: "call=fsync,path=step-00000004.partial/state.h5", ranks: 2)
            #expect(try run.code(first) == 75)
            let newest = try run.newestCheckpoint()
            let second = try interrupt(run, slow: "call=open,path=environment.json", ranks: 2)
            #expect(try run.code(second) == 75)
            #expect(try run.newestCheckpoint() == newest)
            try expectContinuation(run, ranks: 3)
            #expect(try run.written().resumedFromStep == newest)
        }

        /// hydra forwards SIGUSR1, but SIGUSR2 ends it.
        @Test(
            arguments: [(SIGUSR1, 3), (SIGHUP, nil), (SIGXCPU, nil), (SIGTERM, nil)]
                + (RankLauncher.current == .openMPI ? [(SIGUSR2, 3)] : []) as [(Int32, Int?)])
        func `a signal during training stops the run with a checkpoint`(
            number: Int32, ranks: Int?
        ) throws {
            let run = try SmallRun.make()
            let launch = try run.start(["training.steps=4000"], ranks: ranks)
            #expect(launch.waits { run.checkpoints.contains("step-00000004") })
            launch.signal(number)
            #expect(try run.code(launch.wait()) == 75)
            #expect(try run.newestCheckpoint() ?? 0 >= 4)
            if try run.newestCheckpoint() ?? 0 < 60 { try expectContinuation(run, ranks: 2) }
        }

        /// Examples are `nohup`, `disown -h`, and a script that starts a program with `&`.
        @Test(arguments: ["HUP", "INT"])
        func `a signal that the parent ignored does not stop the run`(name: String) throws {
            let run = try SmallRun.make()
            let arguments = run.arguments(["training.steps=100000"]).joined(separator: " ")
            let launch = try Launch(
                "/bin/bash",
                ["-c", "trap '' \(name); exec \(try Launch.program("lrnet-dist")) \(arguments)"])
            #expect(launch.waits { run.checkpoints.contains("latest") })
            launch.signal(name == "HUP" ? SIGHUP : SIGINT)
            let step = try run.newestCheckpoint() ?? 0
            #expect(launch.waits { (try? run.newestCheckpoint()) ?? 0 > step + 20 })
            launch.signal(SIGTERM)
            let outcome = try launch.wait()
            #expect(outcome.status == 75 && outcome.complaints == [])
        }

        @Test func `a signal during a save on two ranks keeps that checkpoint`() throws {
            let run = try SmallRun.make()
            let outcome = try interrupt(
                run, slow: "call=write,path=step-00000006.partial/state.h5", ranks: 2)
            #expect(try run.code(outcome) == 75)
            #expect(try run.newestCheckpoint() ?? 0 >= 6)
            try expectContinuation(run, ranks: 3)
        }

        @Test(arguments: [SIGTERM, SIGINT])
        func `a signal during a save of one process keeps that checkpoint`(number: Int32) throws {
            let run = try SmallRun.make()
            let outcome = try interrupt(
                run, slow: "call=rename,path=checkpoints/step-00000006,from=3", ranks: nil, number)
            #expect(try run.code(outcome) == 75)
            #expect(try run.newestCheckpoint() ?? 0 >= 6)
            try expectContinuation(run, ranks: 3)
        }

        /// A validation may take hours, so the stop does not wait for its end.
        @Test(arguments: [nil, 2])
        func `a signal ends a validation, which the resumed run repeats`(ranks: Int?) throws {
            let settings = ["validation.draws=400", "training.steps=33"]
            let reference = try SmallRun.Reference(settings)
            let run = try SmallRun.make()
            let launch = try run.start(settings, ranks: ranks)
            #expect(launch.waits { run.logText.contains("step 30/33") })
            launch.signal(SIGUSR1)
            let outcome = try launch.wait()
            #expect(try run.code(outcome) == 75, "\(outcome.errors)")
            #expect(!outcome.output.contains("validation at step 30"))
            #expect(outcome.output.contains("stopped at step 30 with a checkpoint"))
            #expect(try run.newestCheckpoint() == 30)
            try expectContinuation(run, ranks: 3, settings, reference)
            #expect(try run.written().resumedFromStep == 30)
        }

        /// The last validation comes after the last step.
        @Test func `a signal during the last validation leaves the run unfinished`() throws {
            let settings = ["validation.draws=400", "training.steps=15"]
            let reference = try SmallRun.Reference(settings)
            let run = try SmallRun.make()
            let launch = try run.start(settings, ranks: 2)
            #expect(launch.waits { run.logText.contains("step 15/15") })
            launch.signal(SIGUSR1)
            #expect(try run.code(launch.wait()) == 75)
            #expect(try run.newestCheckpoint() == 15)
            #expect(!FileBytes.exists("\(run.output)/result.json"))
            try expectContinuation(run, ranks: 3, settings, reference)
        }

        @Test func `a second interrupt ends a hung process with exit code 130`() throws {
            let run = try SmallRun.make()
            let launch = try run.start(
                ["checkpoint.everySteps=1"], environment: ["LRNET_FAULT": "hang:rank=0,step=4"])
            #expect(launch.waits { run.checkpoints.contains("step-00000003") })
            launch.signal(SIGINT)
            usleep(300_000)
            #expect(launch.isRunning)
            let start = ContinuousClock.now
            launch.signal(SIGINT)
            #expect(try launch.wait().status == 130)
            #expect(ContinuousClock.now - start < .seconds(5))
            try expectContinuation(run, ranks: 2, ["checkpoint.everySteps=1"])
        }
    }
}
