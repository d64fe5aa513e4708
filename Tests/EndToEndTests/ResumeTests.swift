import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Runs end too early and are started again with the same command.
    @Suite struct ResumeTests {
        /// 36 steps, enough for a signal to arrive in time, with validations after 15, 30 and 36.
        static let settings = [
            "training.steps=36", "checkpoint.everySteps=3", "validation.everyEpochs=1",
            "validation.draws=2", "validation.reestimateBatches=1", "weights=twn",
        ]

        /// The results of an uninterrupted run.
        private struct Reference {
            var result: RunResult
            var winner: [UInt8]
            var metrics: [String]
            var weights: [String]

            init() throws {
                let run = try TestRun()
                result = try run.result(ResumeTests.settings)
                winner = try run.winner()
                metrics = try run.metricsSteps()
                weights = try run.metricsOfWeights()
            }
        }

        private static let reference = Result { try Reference() }

        private func expectSame(_ run: TestRun) throws {
            let reference = try Self.reference.get()
            let result = try run.written()
            #expect(result.numbers == reference.result.numbers)
            #expect(result.resumedFromStep > 0)
            #expect(try run.winner() == reference.winner)
            // The counts of flips include those before the interruption.
            #expect(try run.metricsOfWeights() == reference.weights)
            #expect(reference.weights.count == 2)
            #expect(
                try run.metricsSteps().filter { $0.hasPrefix("validation") }
                    == reference.metrics.filter { $0.hasPrefix("validation") })
        }

        /// Starts the run and signals it once it has a checkpoint of this step.
        private func interrupt(
            _ run: TestRun, ranks: Int?, at step: Int, _ signal: Int32
        ) throws -> Launch.Outcome {
            let launch = try run.start(Self.settings, ranks: ranks)
            let name = "step-0000000\(step)"
            #expect(launch.waits { run.checkpoints.contains(name) }, "never saw \(name)")
            launch.signal(signal)
            return try launch.wait()
        }

        @Test func `a run whose launcher was killed resumes to the same result`() throws {
            let run = try TestRun()
            let outcome = try interrupt(run, ranks: 2, at: 6, SIGKILL)
            #expect(outcome.status == -SIGKILL)
            // The ranks may live on for a moment and still hold the lock.
            let again = try run.train(Self.settings, ranks: 2)
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.output.contains("resuming from step "))
            try expectSame(run)
        }

        @Test func `a killed process resumes on three ranks to the same result`() throws {
            let run = try TestRun()
            #expect(try interrupt(run, ranks: nil, at: 3, SIGKILL).status == -SIGKILL)
            #expect(try run.train(Self.settings, ranks: 3).status == 0)
            try expectSame(run)
        }

        @Test func `SIGUSR1 to the launcher stops the run with a checkpoint`() throws {
            let run = try TestRun()
            let outcome = try interrupt(run, ranks: 3, at: 3, SIGUSR1)
            #expect(try run.code(outcome) == 75)
            #expect(try run.end()?.code == 75)
            #expect(outcome.output.contains("with a checkpoint; run the same command again"))
            #expect(!FileBytes.exists("\(run.output)/result.json"))
            #expect(try run.train(Self.settings).status == 0)
            try expectSame(run)
        }

        @Test func `a terminated process exits with 75 and resumes on two ranks`() throws {
            let run = try TestRun()
            #expect(try interrupt(run, ranks: nil, at: 3, SIGTERM).status == 75)
            #expect(try run.train(Self.settings, ranks: 2).status == 0)
            try expectSame(run)
        }

        /// mpirun gives its ranks one second, which may or may not suffice for a checkpoint.
        @Test func `a run whose launcher was terminated resumes to the same result`() throws {
            let run = try TestRun()
            let outcome = try interrupt(run, ranks: 2, at: 6, SIGTERM)
            // hydra can return 0 for ranks that stopped with 75.
            let isHidden = try RankLauncher.current == .hydra && run.end()?.code == 75
            #expect(outcome.status != 0 || isHidden)
            #expect(try run.train(Self.settings, ranks: 2).status == 0)
            try expectSame(run)
        }

        @Test func `a damaged checkpoint is set aside and the result stays the same`() throws {
            let run = try TestRun()
            #expect(try interrupt(run, ranks: nil, at: 6, SIGTERM).status == 75)
            let steps = run.checkpoints.filter { $0.hasPrefix("step-") }
            let newest = try #require(steps.last)
            try flip("\(run.output)/checkpoints/\(newest)/state.h5", byte: 100_000, bit: 5)
            let again = try run.train(Self.settings, ranks: 2)
            #expect(again.status == 0, "\(again.errors)")
            #expect(
                again.errors.contains("\(newest)/state.h5: does not match the SHA-256"))
            #expect(run.checkpoints.contains("\(newest).damaged"))
            try expectSame(run)
        }

        @Test func `a finished run is left alone unless its recipe becomes longer`() throws {
            let run = try TestRun()
            let first = try run.result()
            let same = try run.result()
            #expect(same.numbers == first.numbers)
            #expect(same.resumedFromStep == 0)
            let longer = try run.result(["training.steps=6"], ranks: 2)
            #expect(longer.steps == 6)
            #expect(longer.resumedFromStep == 4)
            #expect(longer.numbers == (try TestRun().result(["training.steps=6"])).numbers)
        }

        @Test
        func `requiring a resume fails without a run and forbidding it fails with one`() throws {
            let run = try TestRun()
            let missing = try run.train(["training.steps=1"], ["--resume", "must"])
            #expect(missing.status == 66)
            #expect(
                missing.complaints == [
                    "run: \(run.output): contains no run to resume; use --resume auto to start one"
                ])
            #expect(try run.train(["training.steps=1"], ["--resume", "never"]).status == 0)
            let twice = try run.train(["training.steps=1"], ["--resume", "never"])
            #expect(twice.status == 64)
            #expect(twice.complaints.count == 1)
            #expect(try run.train(["training.steps=2"], ["--resume", "must"]).status == 0)
            #expect(try run.written().resumedFromStep == 1)
        }
    }
}
