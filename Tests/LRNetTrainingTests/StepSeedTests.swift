import LRNetData
import LRNetKernels
import LRNetTraining
import Testing

/// A run must not repeat the random numbers of the run from which it starts.
@Suite struct StepSeedTests {
    private static let start = ["initialization.from=runs/source"]

    @Test func `a run that starts from another has another order of images`() throws {
        func order(_ settings: [String]) throws -> [[Int]] {
            let recipe = try Recipe(
                yaml: TrainedParts.yaml, file: "recipe.yaml", overrides: settings)
            let sequence = BatchSequence(recipe: recipe, sampleCount: 64)
            return sequence.requests(from: 0, leafRun: 0..<4).map(\.samples)
        }
        let block = ["data.shuffle=block", "data.blockSamples=16"]
        for settings in [[], block] {
            let started = try order(settings + Self.start)
            #expect(try order(settings) != started)
            #expect(
                try order(settings + ["initialization.from=elsewhere"]) == started,
                "the folder's name changes nothing")
        }
    }

    /// `crop` cuts each image at a random place.
    @Test func `a run that starts from another has other crops`() throws {
        func images(_ settings: [String]) throws -> [Float] {
            let crops = ["augmentation.pad=4", "augmentation.crop=28"]
            let parts = try TrainedParts(settings: crops + settings)
            let augmenter = try Augmenter(parts.recipe, for: parts.data.set)
            let batch = Batch(capacity: 4, shape: augmenter.outputShape)
            let reader = try ShardReader(parts.recipe, set: parts.data.set, split: .train)
            try BatchFiller(reader: reader, augmenter: augmenter)
                .fill(batch, with: BatchRequest(samples: [0, 1, 2, 3], epoch: 0))
            return batch.filledImages.values
        }
        #expect(try images([]) == images([]))
        #expect(try images([]) != images(Self.start))
    }

    /// The networks have equal weights, so only dropout and noise can change the loss of a batch.
    @Test(arguments: ["ternary", "full-precision"])
    func `a run that starts from another has other dropout and noise`(method: String) throws {
        let settings = ["weights=\(method)", "network.layers=[4C3, MP2, 16FC, dropout]"]
        let plain = try TrainedParts(settings: settings)
        let started = try TrainedParts(settings: settings + Self.start)
        let batch = try plain.data.batches(from: 0, plain.context).next(count: 16)
        func loss(_ parts: TrainedParts) throws -> Double {
            var times = StageTimes()
            return try parts.trainingStep.run(
                step: 0, batch: batch, globalCount: 16,
                rates: UpdateRates(real: 0, logits: 0, logitGrowth: 1), flags: [], times: &times
            ).status.loss
        }
        let expected = try loss(plain)
        #expect(try loss(plain) == expected)
        #expect(try loss(started) != expected)
    }
}
