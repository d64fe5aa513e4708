import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// The loss is finite but a gradient is not, and the layers after it are updated before the
    /// error is found.
    @Suite struct NonFiniteTests {
        /// The faults come after the validation of step 30, when its checkpoint may not be on the
        /// disk yet.
        private static let settings = ["checkpoint.everySteps=1"]

        @Test(arguments: [1, 2, 3])
        func `a nonfinite gradient on one rank leaves nothing of its step`(ranks: Int) throws {
            let run = try SmallRun.make()
            let outcome = try run.train(
                Self.settings, ranks: ranks,
                environment: ["LRNET_FAULT": "gradient:rank=\(ranks - 1),step=31"])
            #expect(outcome.status == 80)
            let place = ranks == 1 ? "" : " on rank \(ranks - 1)"
            #expect(
                outcome.complaints == [
                    "step 31: conv1: is not finite, first the input gradient of conv2\(place); "
                        + "lower optimizer.learningRate in a new --output, "
                        + "or look inside with --debug"
                ])
            // Nothing of the step is saved: no checkpoint, no result, and no other winner.
            #expect(try CheckpointStore(runFolder: run.output).steps().last == 30)
            #expect(try CheckpointStore(runFolder: run.output).load("latest").step == 30)
            #expect(!FileBytes.exists("\(run.output)/result.json"))
            #expect(try run.winner() == Self.winnerBefore.get())
            #expect(run.partialNames == [])
            // The checkpoint is intact: without the fault the run ends like an undisturbed one.
            #expect(try run.result(Self.settings, ranks: ranks).resumedFromStep == 30)
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }

        /// The winner's file of a run that ends before the fault. It does not depend on the run's
        /// length.
        private static let winnerBefore = Result { () throws -> [UInt8] in
            let run = try SmallRun.make()
            _ = try run.result(["training.steps=30"])
            return try run.winner()
        }
    }
}
