import LRNetCollectives
import LRNetData
import LRNetSupport
import LRNetTraining
import Testing

@Suite struct BatchSequenceTests {
    private func sequence(
        _ count: Int, batch: Int, leaves: Int = 2, micro: Int = 1, tail: Recipe.Tail,
        epochs: Int = 3, steps: Int? = nil, seed: UInt64 = 1
    ) -> BatchSequence {
        var recipe = Recipe()
        recipe.training.globalBatch = batch
        recipe.training.gradientLeaves = leaves
        recipe.training.microBatch = micro
        recipe.training.tail = tail
        recipe.training.epochs = epochs
        recipe.training.steps = steps
        recipe.training.seed = seed
        return BatchSequence(recipe: recipe, sampleCount: count)
    }

    @Test func `tail drop yields only full batches of distinct samples`() {
        let sequence = sequence(17, batch: 4, tail: .drop)
        #expect(sequence.stepsPerEpoch == 4 && sequence.totalSteps == 12)
        #expect((0..<12).map(sequence.globalCount).allSatisfy { $0 == 4 })
        #expect([0, 3, 4, 11].map(sequence.epoch) == [0, 0, 1, 2])
        for epoch in 0..<3 {
            let requests = Array(sequence.requests(from: epoch * 4, leafRun: 0..<2)).prefix(4)
            #expect(requests.allSatisfy { $0.epoch == epoch })
            let samples = requests.flatMap(\.samples)
            #expect(Set(samples).count == 16)
            #expect(samples.allSatisfy { 0..<17 ~= $0 })
        }
    }

    @Test func `tail keep visits every sample once per epoch and ends with a smaller batch`() {
        let sequence = sequence(17, batch: 4, tail: .keep)
        #expect(sequence.stepsPerEpoch == 5 && sequence.totalSteps == 15)
        #expect((0..<5).map(sequence.globalCount) == [4, 4, 4, 4, 1])
        let requests = Array(sequence.requests(from: 0, leafRun: 0..<2))
        #expect(requests.count == 15)
        #expect(requests[4].samples.count == 1)
        for epoch in 0..<3 {
            let samples = requests[epoch * 5..<epoch * 5 + 5].flatMap(\.samples)
            #expect(samples.sorted() == Array(0..<17))
        }
        #expect(requests[0..<5].map(\.samples) != requests[5..<10].map(\.samples))
        // The last sample is in the first leaf; the second leaf is empty.
        #expect(Array(sequence.requests(from: 4, leafRun: 0..<1))[0].samples.count == 1)
        #expect(Array(sequence.requests(from: 4, leafRun: 1..<2))[0].samples.isEmpty)
    }

    @Test(arguments: [Recipe.Tail.drop, .keep])
    func `a batch size that divides the data set leaves no tail`(tail: Recipe.Tail) {
        let sequence = sequence(16, batch: 4, tail: tail)
        #expect(sequence.stepsPerEpoch == 4)
        #expect((0..<4).map(sequence.globalCount) == [4, 4, 4, 4])
    }

    @Test func `training steps shorten a run but never lengthen it`() {
        #expect(sequence(17, batch: 4, tail: .drop, steps: 5).totalSteps == 5)
        #expect(sequence(17, batch: 4, tail: .drop, steps: 500).totalSteps == 12)
        #expect(
            Array(sequence(17, batch: 4, tail: .drop, steps: 5).requests(from: 3, leafRun: 0..<2))
                .count == 2)
        #expect(
            Array(sequence(17, batch: 4, tail: .drop, steps: 5).requests(from: 5, leafRun: 0..<2))
                .isEmpty)
    }

    @Test(arguments: [0, 1, 4, 7, 13, 20])
    func `requests from any step continue the sequence of an uninterrupted run`(step: Int) {
        let sequence = sequence(83, batch: 12, leaves: 4, micro: 3, tail: .keep)
        let all = Array(sequence.requests(from: 0, leafRun: 0..<4))
        #expect(all.count == 21)
        #expect(Array(sequence.requests(from: step, leafRun: 0..<4)) == Array(all[step...]))
    }

    @Test(arguments: [1, 2, 3, 5, 6])
    func `the samples of all ranks, concatenated, equal those of a single rank`(ranks: Int) {
        let sequence = sequence(83, batch: 12, leaves: 6, micro: 1, tail: .keep)
        let whole = Array(sequence.requests(from: 2, leafRun: 0..<6))
        let parts = (0..<ranks).map { rank in
            let run = LeafTree.run(of: rank, ranks: ranks, leafCount: 6)
            return Array(sequence.requests(from: 2, leafRun: run))
        }
        for step in whole.indices {
            #expect(parts.flatMap { $0[step].samples } == whole[step].samples, "step \(step)")
        }
    }

    @Test func `the seed determines the order of samples`() {
        func first(_ seed: UInt64) -> [Int] {
            Array(
                sequence(50, batch: 10, tail: .drop, seed: seed).requests(from: 0, leafRun: 0..<2)
            )[0].samples
        }
        #expect(first(1) == first(1))
        #expect(first(1) != first(2))
    }
}
