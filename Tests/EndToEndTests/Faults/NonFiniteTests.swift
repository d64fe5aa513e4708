import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// A loss that is finite, and a gradient that is not: the layers behind it are updated before
    /// anybody knows.
    @Suite struct NonFiniteTests {
        /// The faults come behind the validation of step 30, whose checkpoint may still be on its way
        /// to the disk.
        private static let settings = ["checkpoint.everySteps=1"]

        @Test(arguments: [1, 2, 3]) func gradientOfOneRank(ranks: Int) throws {
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
            // Nothing of the step is there: neither a checkpoint, nor a result, nor another winner.
            #expect(try CheckpointStore(runFolder: run.output).steps().last == 30)
            #expect(try CheckpointStore(runFolder: run.output).load("latest").step == 30)
            #expect(!FileBytes.exists("\(run.output)/result.json"))
            #expect(try run.winner() == Self.winnerBefore.get())
            #expect(run.partialNames == [])
            // And what is there is good: without the fault the run ends as an undisturbed one.
            #expect(try run.result(Self.settings, ranks: ranks).resumedFromStep == 30)
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }

        /// The winner's file of a run that ends in front of the fault, but for the length that the
        /// recipe in it tells.
        private static let winnerBefore = Result { () throws -> [UInt8] in
            let run = try SmallRun.make()
            _ = try run.result(["training.steps=30"])
            return try run.winner()
        }
    }
}
