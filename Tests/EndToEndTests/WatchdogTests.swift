import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Ranks fail on purpose (`LRNET_FAULT`), and the job must end and name the failure.
    @Suite struct WatchdogTests {
        /// The stall limit in seconds, which eight steps never reach, even on a busy machine.
        static let limit = 3
        static let settings = [
            "training.steps=8", "checkpoint.everySteps=2", "weights=twn",
            "watchdog.stallSeconds=\(limit)",
        ]
        /// The time that a launch requires besides the limit: for its start, for its steps, and for
        /// mpirun, which needs seconds to end the ranks.
        static let room = Duration.seconds(20)

        private func fail(
            _ fault: String, ranks: Int = 2, _ run: TestRun, _ settings: [String] = []
        ) throws -> Launch.Outcome {
            let outcome = try Launch(
                Launch.program("lrnet-dist"), run.arguments(Self.settings + settings),
                ranks: ranks,
                environment: ["LRNET_FAULT": fault]
            ).wait()
            #expect(outcome.duration < .seconds(Self.limit) + Self.room)
            // A rank may outlive mpirun by about a second.
            let end = ContinuousClock.now + .seconds(5)
            while !processes(of: run).isEmpty && ContinuousClock.now < end { usleep(50_000) }
            #expect(processes(of: run).isEmpty)
            return outcome
        }

        /// Returns the processes with the run's folder in their command line.
        private func processes(of run: TestRun) -> [String] {
            TestFolder.names(in: "/proc").filter { name in
                guard Int(name) != nil, let line = try? FileBytes.read("/proc/\(name)/cmdline")
                else { return false }
                return String(decoding: line, as: UTF8.self).contains(run.output)
            }
        }

        /// Returns the lines of the only block on standard error, keyed by their first words. The
        /// log must contain one block, too.
        private func block(_ outcome: Launch.Outcome, _ run: TestRun) throws -> [String: String] {
            let title = "lrnet-dist: first observed failure"
            let parts = outcome.errors.components(separatedBy: title)
            try #require(parts.count == 2, "\(outcome.errors)")
            let log = String(decoding: try FileBytes.read("\(run.output)/train.log"), as: UTF8.self)
            #expect(log.components(separatedBy: title).count == 2, "\(log)")
            let lines = parts[1].split(separator: "\n").prefix { $0.hasPrefix("  ") }
            return Dictionary(
                uniqueKeysWithValues: lines.map { line in
                    let words = line.split(separator: " ", maxSplits: 1)
                    return (String(words[0]), words[1].trimmingCharacters(in: .whitespaces))
                })
        }

        @Test(arguments: [0, 1])
        func `a stopped rank ends the job and is named with its last heartbeat`(rank: Int) throws {
            let run = try TestRun()
            let outcome = try fail(
                "stop:rank=\(rank),step=100", run,
                ["training.steps=120", "checkpoint.everySteps=100"])
            #expect(try run.code(outcome) == 81)
            let block = try block(outcome, run)
            #expect(block["rank"] == "\(rank) of 2")
            #expect(block["host"]?.hasPrefix("\(ProcessInfo.processInfo.hostName) (") == true)
            #expect(block["phase"]?.hasSuffix(", as of the last heartbeat") == true)
            // A heartbeat is at most 0.3 s old, a tenth of the limit: 70 steps of 4 ms, and they
            // take longer.
            let step = block["step"].flatMap { Int($0) } ?? 0
            #expect((30...100).contains(step), "\(block["step"] ?? "no step")")
            #expect(block["cause"]?.hasPrefix("stopped: no heartbeat for ") == true)
            #expect(block["end"]?.hasPrefix("exit code 81") == true)
        }

        @Test func `a hung rank ends the job and is named with phase and step`() throws {
            let run = try TestRun()
            let outcome = try fail("hang:rank=2,step=6", ranks: 3, run)
            #expect(try run.code(outcome) == 81)
            #expect(try run.end()?.step == 6)
            let block = try block(outcome, run)
            #expect(block["rank"] == "2 of 3")
            #expect(block["phase"] == "loading")
            #expect(block["step"] == "6")
            #expect(block["cause"]?.hasPrefix("hung in phase loading: no progress") == true)
        }

        @Test func `a hung process without a launcher ends itself with exit code 81`() throws {
            let run = try TestRun()
            let outcome = try Launch(
                Launch.program("lrnet-dist"),
                run.arguments(Self.settings + ["watchdog.stallSeconds=1"]),
                environment: ["LRNET_FAULT": "hang:rank=0,step=2"]
            ).wait()
            #expect(outcome.status == 81)
            #expect(try block(outcome, run)["rank"] == "0 of 1")
        }

        /// `RestartTests` kills another rank.
        @Test func `when rank 0 is killed, another rank reports it and the job ends`() throws {
            let run = try TestRun()
            let outcome = try fail("kill:rank=0,step=6", run)
            #expect(outcome.status == RankLauncher.current.status(ofSignal: SIGKILL))
            #expect(outcome.duration < Self.room)
            #expect(try run.end() == nil)
            // hydra ends the other ranks at once, before they can write the block.
            if RankLauncher.current == .hydra { return }
            let block = try block(outcome, run)
            #expect(block["rank"] == "0 of 2")
            #expect(
                block["cause"]?.hasPrefix("its process ended without a shutdown notice") == true)
            #expect(block["end"] == nil)
        }

        @Test func `an error on one rank ends the job and names rank, phase, and step`() throws {
            let run = try TestRun()
            let outcome = try fail("error:rank=1,step=6", run)
            #expect(outcome.status == 74)
            let block = try block(outcome, run)
            #expect(block["rank"] == "1 of 2")
            #expect(block["phase"] == "loading")
            #expect(block["step"] == "6")
            #expect(block["cause"]?.hasSuffix("an error on purpose") == true)
        }

        @Test func `a nonfinite loss on one rank ends the job and keeps the checkpoint`() throws {
            let run = try TestRun()
            let outcome = try fail("nan:rank=1,step=6", run)
            #expect(outcome.status == 80)
            #expect(
                outcome.complaints.first?.hasPrefix(
                    "step 6: the loss: is not finite, first the output of conv1 on rank 1; "
                        + "lower optimizer.learningRate") == true)
            #expect(!outcome.errors.contains("first observed failure"))
            let store = CheckpointStore(runFolder: run.output)
            #expect(try store.load("latest").step == 4)
            // The checkpoint is intact: the run resumes from it and ends with the same parameters.
            #expect(
                try run.result(RestartTests.settings).parametersSHA256
                    == RestartTests.reference.get())
        }

        @Test func `a malformed LRNET_FAULT is refused with one line`() throws {
            let run = try TestRun()
            let outcome = try fail("nan:rank=1", run)
            #expect(outcome.status == 64)
            #expect(outcome.complaints.count == 1)
            #expect(outcome.complaints.first?.hasPrefix("LRNET_FAULT: 'nan:rank=1': ") == true)
        }
    }
}
