internal import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetTraining

/// A runner of whole training steps for benchmarks, on one batch in memory or on a data set.
final class StepRunner {
    /// The measurements of one step.
    struct Sample {
        var times: StageTimes
        var loss: Double
        var traffic: Traffic
        var callTime: Duration
    }

    /// The number of steps that are not timed, because they create exchanges and touch memory for
    /// the first time.
    static let warmUpSteps = 2

    private let group: any ProcessGroup
    private let recipe: Recipe
    private let context: RankContext
    private let training: TrainingStep
    private let recorder: ExchangeRecorder
    private let supply: Supply
    private var stepCount = 0

    /// The source of batches.
    private enum Supply {
        /// The same batch in memory for every step.
        case memory(Batch)
        /// A data set, loaded and augmented as in training.
        case loader(BatchSource)
    }

    /// Builds the network. Every rank must call it.
    ///
    /// - Parameters:
    ///   - data: A data set's folder; `nil` for a batch in memory.
    ///   - schedule: A plan of more threads, which is made instead of using threads.
    init(
        recipe: Recipe, group: any ProcessGroup, data: String? = nil,
        schedule: ThreadSchedule? = nil
    ) throws {
        self.recipe = recipe
        self.group = group
        context = try group.agreeing {
            try RankContext(
                group: group, recipe: recipe, threadOption: "--threads or --set training.threads",
                schedule: schedule)
        }
        let network = recipe.makeNetwork()
        try network.initialize(
            seed: recipe.training.seed, coldStart: .balanced, from: nil, range: LogitRange())
        context.reserve(network)
        var recorder: ExchangeRecorder?
        training = TrainingStep(context: context, network: network) {
            let created = ExchangeRecorder($0)
            recorder = created
            return created
        }
        guard let recorder else { preconditionFailure("a step without exchanges") }
        self.recorder = recorder
        if let data {
            supply = .loader(try Self.openSource(data, context))
        } else {
            supply = .memory(Self.makeBatch(recipe, context, network))
        }
    }

    var network: Network { training.network }

    /// Performs one step. Every rank must call it.
    ///
    /// - Throws: `Failure` (80) if the loss is not finite.
    func step() throws -> Sample {
        var times = StageTimes()
        let rates = UpdateRates(
            real: recipe.optimizer.learningRate, logits: recipe.optimizer.logitRate)
        context.statistics.resetWaiting()
        let (traffic, callTime) = (group.traffic, group.callTime)
        let start = ContinuousClock.now
        let batch = takeBatch(&times)
        let outcome = try training.run(
            step: stepCount, batch: batch, globalCount: recipe.training.globalBatch,
            rates: rates,
            flags: failure == nil ? [] : .hasFailure, times: &times)
        if outcome.status.hasFailure { try group.agree(failure) }
        if case .loader(let source) = supply { source.recycle(batch) }
        try times.measure(\.communication) {
            var decision = Decision(rates: rates).bytes
            try group.broadcast(into: &decision, root: 0)
        }
        times.total = ContinuousClock.now - start
        times.communication += context.statistics.waiting
        stepCount += 1
        guard outcome.nonFinitePlace == nil else {
            throw Failure(
                call: "bench", subject: "step \(stepCount)", message: "the loss is not finite",
                exitStatus: .nonFiniteLoss, isAgreed: true)
        }
        return Sample(
            times: times, loss: outcome.status.loss, traffic: group.traffic - traffic,
            callTime: group.callTime - callTime)
    }

    /// Returns the median time of a step's exchanges of gradients and parameters without any
    /// computation, all started at once. The time runs from when all ranks are ready until the last
    /// one is done. Every rank must call it.
    func exchangeSeconds(repetitions: Int) throws -> Double {
        try recorder.record { _ = try step() }
        return try (0..<repetitions).map { _ in
            try group.secondsOfAll { try recorder.replay() }
        }.median
    }

    /// The loader's error, if any.
    private var failure: Failure? {
        guard case .loader(let source) = supply else { return nil }
        return source.failure
    }

    private func takeBatch(_ times: inout StageTimes) -> Batch {
        switch supply {
        case .memory(let batch): return batch
        case .loader(let source):
            source.resetWaiting()
            defer { times.data = source.waiting }
            let layout = context.layout(globalCount: recipe.training.globalBatch)
            return source.next(count: layout.sampleCount)
        }
    }

    /// Starts to load the train split, epoch after epoch.
    private static func openSource(_ path: String, _ context: RankContext) throws -> BatchSource {
        var recipe = context.recipe
        recipe.training.tail = .drop
        recipe.training.epochs = 1_000_000_000
        recipe.training.steps = BatchSequence.stepLimit
        recipe.validation.everyEpochs = 0
        return try TrainingData(path: path, recipe: recipe, group: context.group)
            .batches(from: 0, context)
    }

    /// Creates a batch of random pixels and labels, which depend only on the position in the batch.
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
