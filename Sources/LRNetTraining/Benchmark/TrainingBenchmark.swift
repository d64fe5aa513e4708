public import LRNetCollectives
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
        /// Rank 0's time in MPI's calls, in percent of the step: all of what is not hidden, those
        /// waits among it that forward and backward contain, and the copying.
        public var mpi_percent: Double
        /// What rank 0 sends in a step: messages of exchanges, and their bytes.
        public var sent_messages, sent_bytes: Int
        /// The collective calls of a step, and the bytes that rank 0 brings to them.
        public var collectives, collective_bytes: Int
        /// Buffers that rank 0 allocated in all timed steps.
        public var buffer_allocations: Int
        /// The most memory that rank 0 has had in use, in bytes.
        public var peak_resident_bytes: Int
        /// The loss of the last step; finite, or the benchmark fails.
        public var loss: Double
        /// Who computes matrix products: `lrnet-avx512`, or OpenBLAS and the core it chose.
        public var products: String
    }

    private let recipe: Recipe
    private let group: any ProcessGroup

    /// Creates a benchmark.
    public init(recipe: Recipe, group: any ProcessGroup) {
        self.recipe = recipe
        self.group = group
    }

    /// Runs it. Every rank calls it.
    ///
    /// - Throws: `CollectiveFailure` (80) if the loss is not finite.
    public func run(steps: Int) throws -> Report {
        let runner = try StepRunner(recipe: recipe, group: group)
        for _ in 0..<StepRunner.warmUpSteps { _ = try runner.step() }
        let allocations = BufferCount.allocations
        let samples = try (0..<steps).map { _ in try runner.step() }
        return report(samples, allocations: BufferCount.allocations - allocations)
    }

    private func report(_ samples: [StepRunner.Sample], allocations: Int) -> Report {
        let seconds = samples.map(\.times.total.seconds)
        let sum = samples.reduce(into: StageTimes()) { $0.add($1.times) }
        let calls = samples.reduce(Duration.zero) { $0 + $1.callTime }
        let training = recipe.training
        let traffic = samples.last?.traffic ?? Traffic()
        return Report(
            network: recipe.network.name, weights: recipe.weights.model.rawValue,
            global_batch: training.globalBatch, gradient_leaves: training.gradientLeaves,
            micro_batch: training.microBatch, ranks: group.size, threads: training.threads,
            reduction: recipe.reduction.rawValue, steps: samples.count,
            images_per_second: Double(training.globalBatch) / seconds.median,
            step_seconds: seconds.median,
            step_seconds_minimum: seconds.min() ?? 0, step_seconds_maximum: seconds.max() ?? 0,
            forward_percent: sum.percent(sum.forward),
            backward_percent: sum.percent(sum.backward),
            all_reduce_percent: sum.percent(sum.reduction),
            update_percent: sum.percent(sum.update),
            communication_percent: sum.percent(sum.communication), mpi_percent: sum.percent(calls),
            sent_messages: traffic.messageCount, sent_bytes: traffic.byteCount,
            collectives: traffic.collectiveCount, collective_bytes: traffic.collectiveByteCount,
            buffer_allocations: allocations,
            peak_resident_bytes: ResidentMemory.peakByteCount, loss: samples.last?.loss ?? 0,
            products: MatrixProduct.provider)
    }
}
