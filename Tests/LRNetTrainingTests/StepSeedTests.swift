import LRNetData
import LRNetKernels
import LRNetTraining
import Testing

/// The random numbers of steps follow the seed of the steps, and so do not repeat those of a start.
@Suite struct StepSeedTests {
    @Test(arguments: [[], ["data.shuffle=block", "data.blockSamples=16"]])
    func `the order of images follows the seed`(settings: [String]) throws {
        let data = try TrainedParts(settings: settings).data
        func order(_ data: TrainingData) -> [[Int]] {
            data.sequence.requests(from: 0, leafRun: 0..<4).map(\.samples)
        }
        #expect(try order(data.with(seed: 1)) == order(data))
        #expect(try order(data.with(seed: 2)) != order(data))
        let resumed = try order(data.with(seed: 2))
        #expect(
            try data.with(seed: 2).sequence.requests(from: 3, leafRun: 0..<4).map(\.samples)
                == Array(resumed[3...]))
    }

    @Test func `crops follow the seed`() throws {
        let parts = try TrainedParts(settings: ["augmentation.pad=4", "augmentation.crop=28"])
        let reader = try ShardReader(parts.recipe, set: parts.data.set, split: .train)
        func images(_ data: TrainingData) throws -> [Float] {
            let batch = Batch(capacity: 4, shape: data.augmenter.outputShape)
            try BatchFiller(reader: reader, augmenter: data.augmenter)
                .fill(batch, with: BatchRequest(samples: [0, 1, 2, 3], epoch: 0))
            return batch.filledImages.values
        }
        #expect(try images(parts.data.with(seed: 2)) != images(parts.data))
        #expect(try images(parts.data.with(seed: 1)) == images(parts.data))
    }

    /// The networks have equal weights, so only dropout and noise can change the loss of a batch.
    @Test(arguments: ["ternary", "full-precision"])
    func `dropout and noise follow the seed`(method: String) throws {
        let parts = try TrainedParts(settings: [
            "weights=\(method)", "network.layers=[4C3, MP2, 16FC, dropout]",
        ])
        let batch = try parts.data.batches(from: 0, parts.context).next(count: 16)
        func loss(_ seed: UInt64) throws -> Double {
            var times = StageTimes()
            parts.trainingStep.seed = seed
            return try parts.trainingStep.run(
                step: 0, batch: batch, globalCount: 16,
                rates: UpdateRates(real: 0, logits: 0, logitGrowth: 1), flags: [], times: &times
            ).status.loss
        }
        let expected = try loss(1)
        #expect(try loss(1) == expected)
        #expect(try loss(2) != expected)
    }
}
