package import LRNetCollectives
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
package import LRNetTraining

/// Times whole training steps on data in memory or on a data set: forward, loss, backward, all-reduce, Adam, decision.
package struct TrainingBenchmark {
    /// The line that is printed.
    package struct Report: Codable, Sendable {
        /// The network's name.
        package var network: String
        /// The method's name.
        package var weights: String
        /// Samples of a step.
        package var global_batch: Int
        /// Parts of a step.
        package var gradient_leaves: Int
        /// Samples of a product.
        package var micro_batch: Int
        /// Ranks, and threads of each.
        package var ranks: Int
        /// Threads of a rank.
        package var threads: Int
        /// How gradients are added up.
        package var reduction: String
        /// Steps that were timed.
        package var steps: Int
        /// The global batch divided by the median step time.
        package var images_per_second: Double
        /// The median time of a step.
        package var step_seconds: Double
        /// The shortest and longest step.
        package var step_seconds_minimum, step_seconds_maximum: Double
        /// Rank 0's shares of the step, in percent; the waiting for batch-norm sums is part of
        /// forward and backward.
        package var forward_percent, backward_percent, all_reduce_percent, update_percent: Double
        /// The share of the step that rank 0 waited for data; 0 with data in memory.
        package var data_percent: Double
        /// Threads of a rank that read and augment; 0 with data in memory.
        package var data_workers: Int
        /// All that is spent with other ranks, batch-norm sums included, in percent of the step.
        package var communication_percent: Double
        /// Rank 0's time in MPI's calls, in percent of the step: all of what is not hidden, those
        /// waits among it that forward and backward contain, and the copying.
        package var mpi_percent: Double
        /// The median time of a step's exchanges of gradients and parameters alone, and the median of
        /// what rank 0 waits for them in a step, in seconds; the latter in percent of the former is not
        /// hidden behind computation. Waiting for a slower rank is part of it.
        package var exchange_seconds, unhidden_seconds, unhidden_percent: Double
        /// What rank 0 sends in a step: messages of exchanges, and their bytes.
        package var sent_messages, sent_bytes: Int
        /// The same by plan, for exact sums.
        package var planned_messages, planned_bytes: Int
        /// The collective calls of a step, and the bytes that rank 0 brings to them.
        package var collectives, collective_bytes: Int
        /// Buffers that rank 0 allocated in all timed steps.
        package var buffer_allocations: Int
        /// The most memory that rank 0 has had in use, in bytes.
        package var peak_resident_bytes: Int
        /// The loss of the last step; finite, or the benchmark fails.
        package var loss: Double
        /// Who computes matrix products: `lrnet-avx512`, or OpenBLAS and the core it chose.
        package var products: String
    }

    private let recipe: Recipe
    private let group: any ProcessGroup
    private let data: String?

    /// Creates a benchmark.
    ///
    /// - Parameter data: A data set's folder; `nil` for a batch in memory.
    package init(recipe: Recipe, group: any ProcessGroup, data: String? = nil) {
        self.recipe = recipe
        self.data = data
        self.group = group
    }

    /// Runs it. Every rank calls it.
    ///
    /// - Throws: `Failure` (80) if the loss is not finite.
    package func run(steps: Int) throws -> Report {
        let runner = try StepRunner(recipe: recipe, group: group, data: data)
        for _ in 0..<StepRunner.warmUpSteps { _ = try runner.step() }
        let allocations = BufferCount.allocations
        let samples = try (0..<steps).map { _ in try runner.step() }
        return report(
            samples, allocations: BufferCount.allocations - allocations,
            exchange: try runner.exchangeSeconds(repetitions: steps), of: runner.network)
    }

    private func report(
        _ samples: [StepRunner.Sample], allocations: Int, exchange: Double, of network: Network
    ) -> Report {
        let planned = StepTraffic(
            network: network, recipe: recipe, ranks: group.size, rank: group.rank
        ).traffic
        let unhidden = samples.map(\.times.reduction.seconds).median
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
            data_percent: sum.percent(sum.data),
            data_workers: data == nil ? 0 : recipe.data.workers,
            communication_percent: sum.percent(sum.communication), mpi_percent: sum.percent(calls),
            exchange_seconds: exchange, unhidden_seconds: unhidden,
            unhidden_percent: 100 * unhidden / max(exchange, 1e-9),
            sent_messages: traffic.messageCount, sent_bytes: traffic.byteCount,
            planned_messages: planned.messageCount, planned_bytes: planned.byteCount,
            collectives: traffic.collectiveCount, collective_bytes: traffic.collectiveByteCount,
            buffer_allocations: allocations,
            peak_resident_bytes: ResidentMemory.peakByteCount, loss: samples.last?.loss ?? 0,
            products: MatrixProduct.provider)
    }
}
