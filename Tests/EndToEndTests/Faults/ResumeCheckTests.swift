import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// A run resumes only from a checkpoint of its own recipe and data, and never starts over
    /// silently.
    @Suite struct ResumeCheckTests {
        /// Trains a run of six steps.
        private func start(_ settings: [String] = []) throws -> TestRun {
            let run = try SmallRun.make()
            _ = try run.result(["training.steps=6"] + settings)
            return run
        }

        /// The folder's recipe is that of the command, but the checkpoints are from another run.
        @Test func `checkpoints of another recipe are refused and stay`() throws {
            let run = try start(["training.seed=2", "optimizer.learningRate=0.02"])
            let other = try start()
            try AtomicFile.remove("\(run.output)/checkpoints")
            try FileManager.default.copyItem(
                atPath: "\(other.output)/checkpoints", toPath: "\(run.output)/checkpoints")
            let outcome = try run.train(
                ["training.seed=2", "optimizer.learningRate=0.02"], ranks: 2)
            #expect(outcome.status == 78)
            #expect(
                outcome.complaints == [
                    "run: \(run.output): already contains a run with a different recipe "
                        + "(training.seed: 1 -> 2, optimizer.learningRate: 0.01 -> 0.02); undo that "
                        + "with --set training.seed=1 --set optimizer.learningRate=0.01 or use a "
                        + "new --output"
                ])
            #expect(try run.newestCheckpoint() == 6)
        }

        /// The checkpoint also contains the recipe.
        @Test func `with a damaged recipe file the checkpoint decides what can resume`() throws {
            let run = try start()
            try AtomicFile.write("network: [", to: "\(run.output)/recipe.yaml")
            let evaluation = try launch(
                Launch.program("lrnet-dist"), ["evaluate", run.output, "--data", Digits.path])
            #expect(evaluation.code == 65)
            #expect(
                evaluation.error
                    == "recipe: \(run.output)/recipe.yaml: is damaged or was edited: its last line is "
                    + "not the SHA-256 of the others; rerun the training command to rewrite it\n")
            let other = try run.train(["dropout=0.25"], ranks: 2)
            #expect(other.status == 78)
            #expect(other.complaints.count == 1)
            #expect(other.complaints.first?.contains("(dropout: 0.5 -> 0.25)") == true)
            let again = try run.train(ranks: 2)
            #expect(again.status == 0, "\(again.errors)")
            #expect(try run.written().stateSHA256 == SmallRun.reference.get().result.stateSHA256)
        }

        @Test func `another data set is refused but other shards are accepted`() throws {
            let run = try start()
            let folder = try TestFolder()
            let data = "\(folder.path)/other"
            try Digits.make(data, ["--seed", "9"])
            let outcome = try run.train(ranks: 2, data: data)
            #expect(outcome.status == 65)
            #expect(outcome.complaints.count == 1)
            let line = outcome.complaints.first ?? ""
            #expect(
                line.hasPrefix(
                    "resume: \(data): is not the data set that \(run.output) was started with "
                        + "(fingerprint "), "\(line)")
            #expect(line.hasSuffix("use that one with --data, or choose another --output"))
            // The same samples in other shards are the same data.
            let same = "\(folder.path)/same"
            try Digits.make(same, ["--shards", "2"])
            #expect(try run.train(ranks: 2, data: same).status == 0)
            #expect(try run.written().stateSHA256 == SmallRun.reference.get().result.stateSHA256)
        }

        /// The log lists the changes.
        @Test
        func `length, threads, checkpoint interval, and watchdog may change on a resume`() throws {
            let run = try start()
            let settings = [
                "training.threads=2", "training.epochs=9", "checkpoint.everySteps=7",
                "watchdog.stallSeconds=100",
            ]
            let outcome = try run.train(settings, ["--resume", "must"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let line =
                "resuming from step 6 with training.epochs: 190 -> 9, training.steps: 6 -> 60, "
                + "training.threads: 1 -> 2, checkpoint.everySteps: 2 -> 7, "
                + "watchdog.stallSeconds: 300 -> 100\n"
            #expect(outcome.output.contains(line), "\(outcome.output)")
            #expect(run.logText.contains(line))
            #expect(try run.written().stateSHA256 == SmallRun.reference.get().result.stateSHA256)
        }

        /// The run is killed before its first checkpoint.
        @Test func `a run without a checkpoint starts over unless a resume is required`() throws {
            let run = try SmallRun.make()
            let killed = try run.train(environment: ["LRNET_FAULT": "kill:rank=0,step=2"])
            #expect(killed.status == -SIGKILL)
            let must = try run.train([], ranks: 2, ["--resume", "must"])
            #expect(must.status == 66)
            #expect(
                must.complaints == [
                    "run: \(run.output): has no good checkpoint to resume; "
                        + "use --resume auto to start over"
                ])
            #expect(try run.result(ranks: 2).resumedFromStep == 0)
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }

        @Test func `a run with only damaged checkpoints starts over with a warning`() throws {
            let run = try start()
            for name in run.checkpoints where name.hasPrefix("step-") {
                try flip("\(run.output)/checkpoints/\(name)/state.h5", byte: 5_000, bit: 2)
            }
            let must = try run.train([], ["--resume", "must"])
            #expect(must.status == 66)
            #expect(must.complaints.count == 1)
            for name in ["step-00000002", "step-00000004", "step-00000006"] {
                #expect(must.errors.contains("set aside as \(name).damaged"))
            }
            let auto = try run.train(ranks: 2)
            #expect(auto.status == 0)
            #expect(
                auto.errors.contains(
                    "warning: \(run.output)/checkpoints: no good checkpoint is left; training "
                        + "starts over"))
            #expect(!auto.output.contains("resuming from"))
            #expect(try run.written().resumedFromStep == 0)
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }
    }
}
