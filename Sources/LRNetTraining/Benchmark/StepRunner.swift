internal import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// Whole training steps on one batch in memory, as a benchmark wants them.
final class StepRunner {
    /// What one step took.
    struct Sample {
        var times: StageTimes
        var loss: Double
        var traffic: Traffic
        var callTime: Duration
    }

    /// Steps in which exchanges are made and memory is touched for the first time.
    static let warmUpSteps = 2

    private let group: any ProcessGroup
    private let recipe: Recipe
    private let context: RankContext
    private let training: TrainingStep
    private let batch: Batch
    private var stepCount = 0

    /// Builds the network. Every rank does.
    init(recipe: Recipe, group: any ProcessGroup) throws {
        self.recipe = recipe
        self.group = group
        context = try group.agreeing { try RankContext(group: group, recipe: recipe) }
        let network = recipe.makeNetwork()
        try network.initialize(
            seed: recipe.training.seed, coldStart: .balanced, from: nil, limits: 0.05...0.95)
        context.reserve(network)
        training = TrainingStep(context: context, network: network)
        batch = Self.makeBatch(recipe, context, network)
    }

    /// Values of the gradient vector.
    var gradientCount: Int { training.network.gradientCount }

    /// Makes one step. Every rank calls it.
    ///
    /// - Throws: `CollectiveFailure` (80) if the loss is not finite.
    func step() throws -> Sample {
        var times = StageTimes()
        context.statistics.resetWaiting()
        let (traffic, callTime) = (group.traffic, group.callTime)
        let start = ContinuousClock.now
        let outcome = try training.run(
            step: stepCount, batch: batch, globalCount: recipe.training.globalBatch,
            learningRate: recipe.optimizer.learningRate, stopWanted: false, hasFailure: false,
            times: &times)
        try times.measure(\.communication) {
            let decision = Decision(learningRate: recipe.optimizer.learningRate)
            _ = try group.broadcast(decision.bytes, root: 0)
        }
        times.total = ContinuousClock.now - start
        times.communication += context.statistics.waiting
        stepCount += 1
        guard outcome.nonFinitePlace == nil else {
            throw CollectiveFailure(
                rank: nil, call: "bench", subject: "step \(stepCount)",
                message: "the loss is not finite", exitStatus: .nonFiniteLoss, isAgreed: true)
        }
        return Sample(
            times: times, loss: outcome.status.loss, traffic: group.traffic - traffic,
            callTime: group.callTime - callTime)
    }

    /// Random pixels and labels, which depend on the position in the batch alone.
    private static func makeBatch(
        _ recipe: Recipe, _ context: RankContext, _ network: Network
    ) -> Batch {
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
}
