internal import Foundation
public import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// Times whole training steps on data in memory: forward, loss, backward, all-reduce, Adam, decision.
public struct TrainingBenchmark {
    /// The line that is printed.
    public struct Report: Codable, Sendable {
        /// The network's name.
        public var network: String
        /// The method's name.
        public var weights: String
        /// Samples of a step.
        public var global_batch: Int
        /// Parts of a step.
        public var gradient_leaves: Int
        /// Samples of a product.
        public var micro_batch: Int
        /// Ranks, and threads of each.
        public var ranks: Int
        /// Threads of a rank.
        public var threads: Int
        /// How gradients are added up.
        public var reduction: String
        /// Steps that were timed.
        public var steps: Int
        /// The global batch divided by the median step time.
        public var images_per_second: Double
        /// The median time of a step.
        public var step_seconds: Double
        /// The shortest and longest step.
        public var step_seconds_minimum, step_seconds_maximum: Double
        /// Rank 0's shares of the step, in percent; the waiting for batch-norm sums is part of
        /// forward and backward.
        public var forward_percent, backward_percent, all_reduce_percent, update_percent: Double
        /// All that is spent with other ranks, batch-norm sums included, in percent of the step.
        public var communication_percent: Double
        /// The loss of the last step; finite, or the benchmark fails.
        public var loss: Double
        /// Who computes matrix products: `lrnet-avx512`, or OpenBLAS and the core it chose.
        public var products: String
    }

    private let recipe: Recipe
    private let group: any ProcessGroup
    private let warmUpSteps = 2

    /// Creates a benchmark.
    public init(recipe: Recipe, group: any ProcessGroup) {
        self.recipe = recipe
        self.group = group
    }

    /// Runs it. Every rank calls it.
    ///
    /// - Throws: `CollectiveFailure` (80) if the loss is not finite.
    public func run(steps: Int) throws -> Report {
        let context = try group.agreeing { try RankContext(group: group, recipe: recipe) }
        let network = recipe.makeNetwork()
        try network.initialize(
            seed: recipe.training.seed, coldStart: .balanced, from: nil, limits: 0.05...0.95)
        context.reserve(network)
        let step = TrainingStep(context: context, network: network)
        let batch = makeBatch(context, network)
        var times: [StageTimes] = []
        var loss = 0.0
        for index in 0..<steps + warmUpSteps {
            var time = StageTimes()
            context.statistics.resetWaiting()
            let start = ContinuousClock.now
            let outcome = try step.run(
                step: index, batch: batch, globalCount: recipe.training.globalBatch,
                learningRate: recipe.optimizer.learningRate, stopWanted: false,
                hasFailure: false, times: &time)
            try time.measure(\.communication) {
                let decision = Decision(learningRate: recipe.optimizer.learningRate)
                _ = try group.broadcast(decision.bytes, root: 0)
            }
            time.total = ContinuousClock.now - start
            time.communication += context.statistics.waiting
            guard outcome.nonFinitePlace == nil else {
                throw CollectiveFailure(
                    rank: nil, call: "bench", subject: "step \(index + 1)",
                    message: "the loss is not finite", exitStatus: .nonFiniteLoss,
                    isAgreed: true)
            }
            loss = outcome.status.loss
            if index >= warmUpSteps { times.append(time) }
        }
        return report(times, loss: loss)
    }

    /// Random pixels and labels, which depend on the position in the batch alone.
    private func makeBatch(_ context: RankContext, _ network: Network) -> Batch {
        let layout = context.layout(globalCount: recipe.training.globalBatch)
        let batch = Batch(capacity: context.capacity, shape: network.input)
        batch.makeBlank(count: layout.sampleCount)
        let pixels = network.input.count
        let labels = (0..<layout.sampleCount).map { sample in
            let key = NoiseKey(
                seed: 0, purpose: .test, index: UInt32(layout.firstSample + sample))
            for i in 0..<pixels {
                batch.images[sample * pixels + i] = Float(key.uniform(i))
            }
            return Int32(key.integer(pixels, below: network.classes))
        }
        batch.setLabels(labels)
        return batch
    }

    private func report(_ times: [StageTimes], loss: Double) -> Report {
        let seconds = times.map(\.total.seconds).sorted()
        let middle = seconds.count / 2
        let median =
            seconds.count % 2 == 1
            ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2
        var sum = StageTimes()
        for time in times {
            sum.total += time.total
            sum.communication += time.communication
            sum.forward += time.forward
            sum.backward += time.backward
            sum.reduction += time.reduction
            sum.update += time.update
        }
        let training = recipe.training
        return Report(
            network: recipe.network.name, weights: recipe.weights.model.rawValue,
            global_batch: training.globalBatch, gradient_leaves: training.gradientLeaves,
            micro_batch: training.microBatch, ranks: group.size, threads: training.threads,
            reduction: recipe.reduction.rawValue, steps: times.count,
            images_per_second: Double(training.globalBatch) / median, step_seconds: median,
            step_seconds_minimum: seconds.first ?? 0, step_seconds_maximum: seconds.last ?? 0,
            forward_percent: sum.percent(sum.forward),
            backward_percent: sum.percent(sum.backward),
            all_reduce_percent: sum.percent(sum.reduction),
            update_percent: sum.percent(sum.update),
            communication_percent: sum.percent(sum.communication), loss: loss,
            products: MatrixProduct.provider)
    }
}
