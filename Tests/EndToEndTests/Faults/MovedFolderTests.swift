import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// The run's folder is renamed, removed, or copied.
    @Suite struct MovedFolderTests {
        private static let long = ["training.steps=100000", "checkpoint.everySteps=20"]

        private func started(_ run: TestRun) throws -> Launch {
            let launch = try run.start(Self.long)
            #expect(launch.waits { run.checkpoints.contains("latest") })
            return launch
        }

        @Test(arguments: [false, true])
        func `a run continues in its renamed folder and resumes there`(isNameTaken: Bool) throws {
            let run = try SmallRun.make()
            let launch = try started(run)
            let other = "\(run.folder.path)/elsewhere/other"
            try AtomicFile.createFolder("\(run.folder.path)/elsewhere")
            try AtomicFile.rename(run.output, to: other)
            if isNameTaken { try AtomicFile.createFolder(run.output) }
            #expect(launch.waits { launch.errorsSoFar.contains("the run continues there") })
            launch.signal(SIGUSR1)
            let outcome = try launch.wait()
            #expect(outcome.status == 75, "\(outcome.errors)")
            #expect(outcome.output.contains("run the same command again with --output \(other) to"))
            #expect(TestFolder.names(in: run.output).isEmpty)
            let moved = try TestRun(output: other, yaml: SmallRun.yaml)
            let step = try #require(CheckpointStore(runFolder: other).steps().last)
            let again = try moved.train(["training.steps=\(step)", "checkpoint.everySteps=20"])
            #expect(again.status == 0, "\(again.errors)")
            #expect(try moved.written().steps == step)
        }

        @Test func `a run whose folder was removed ends and does not create it again`() throws {
            let run = try SmallRun.make()
            let launch = try started(run)
            // Otherwise the run might follow the folder and write into it during the removal.
            launch.signal(SIGSTOP)
            try AtomicFile.rename(run.output, to: run.output + ".gone")
            try AtomicFile.remove(run.output + ".gone")
            launch.signal(SIGCONT)
            let outcome = try launch.wait()
            #expect(outcome.status == 74)
            #expect(
                outcome.complaints == [
                    "run: \(run.output): was removed during training, with everything that was saved, "
                        + "so nothing more is saved; run the same command again to start over"
                ])
            #expect(!FileBytes.exists(run.output))
        }

        /// `cp -rL` copies like an archive without links.
        @Test func `a copied run resumes to the same state and can be evaluated`() throws {
            let run = try SmallRun.make()
            let first = try run.train(["training.steps=33"])
            #expect(first.status == 0, "\(first.errors)")
            let copy = try launch("/bin/cp", ["-rL", run.output, run.output + "-copy"])
            #expect(copy.code == 0)
            let other = try TestRun(output: run.output + "-copy", yaml: SmallRun.yaml)
            let again = try other.train()
            #expect(again.status == 0, "\(again.errors)")
            #expect(
                try other.written().stateSHA256 == SmallRun.reference.get().result.stateSHA256)
            let evaluated = try launch(
                Launch.program("lrnet-dist"), ["evaluate", other.output, "--data", Digits.path])
            #expect(evaluated.code == 0, "\(evaluated.error)")
        }

        @Test func `a finished run refuses a shorter length and stays as it is`() throws {
            let run = try SmallRun.make()
            let long = try run.result(["training.steps=33"])
            for options in [[], ["--dry-run"]] {
                let outcome = try run.train(["training.steps=20"], options)
                #expect(outcome.status == 78)
                #expect(
                    outcome.errors.contains(
                        "is already longer: it has trained 33 steps, and the requested length is 20; "
                            + "undo that with "))
            }
            #expect(try run.written().parametersSHA256 == long.parametersSHA256)
            let same = try run.train(["training.steps=33"])
            #expect(same.output.contains("already finished at step 33"))
        }
    }
}
