package import LRNetCollectives
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
package import LRNetTraining

/// A benchmark of whole training steps on data in memory or on a data set: forward, loss, backward,
/// all-reduce, Adam, decision.
package struct TrainingBenchmark {
    /// The contents of the printed JSON line.
    package struct Report: Codable, Sendable {
        package var network: String
        /// The training method.
        package var weights: String
        /// The number of samples per step.
        package var global_batch: Int
        /// The number of leaves per step.
        package var gradient_leaves: Int
        /// The number of samples per micro-batch.
        package var micro_batch: Int
        package var ranks: Int
        /// The number of threads per rank.
        package var threads: Int
        /// The reduction of gradients: `exact` or `fast`.
        package var reduction: String
        /// The number of timed steps.
        package var steps: Int
        /// The global batch divided by the median step time.
        package var images_per_second: Double
        /// The median time of a step.
        package var step_seconds: Double
        /// The shortest and longest step.
        package var step_seconds_minimum, step_seconds_maximum: Double
        /// Rank 0's shares of the step, in percent. Forward and backward include the waits for
        /// batch-norm sums.
        package var forward_percent, backward_percent, all_reduce_percent, update_percent: Double
        /// The share of the step for which rank 0 waited for data, in percent; 0 with data in
        /// memory.
        package var data_percent: Double
        /// With planned threads: their number, the seconds of a step in loops on one thread and on
        /// the planned threads, the seconds outside loops, and the number of threads that are busy
        /// on average. The plan leaves out the costs of threads and of shared caches.
        package var planned_threads: Int?
        package var loop_seconds, planned_loop_seconds, serial_seconds, busy_threads: Double?
        /// The number of threads per rank that read and augment data; 0 with data in memory.
        package var data_workers: Int
        /// The time spent on communication, including batch-norm sums, in percent of the step.
        package var communication_percent: Double
        /// Rank 0's time in MPI calls, in percent of the step: all communication that is not
        /// hidden, including the waits within forward and backward, and the copying.
        package var mpi_percent: Double
        /// The median time of a step's exchanges of gradients and parameters alone, the median time
        /// for which rank 0 waits for them in a step, both in seconds, and the latter in percent of
        /// the former. The wait is the part that is not hidden by computation; it includes waiting
        /// for slower ranks.
        package var exchange_seconds, unhidden_seconds, unhidden_percent: Double
        /// The number of messages that rank 0 sends for the exchanges of a step, and their bytes.
        package var sent_messages, sent_bytes: Int
        /// The planned numbers of these messages and bytes, for exact sums.
        package var planned_messages, planned_bytes: Int
        /// The part of these messages and bytes that goes to other machines.
        package var sent_messages_leaving, sent_bytes_leaving: Int
        package var planned_messages_leaving, planned_bytes_leaving: Int
        /// The number of collective calls in a step, and the bytes that rank 0 contributes to them.
        package var collectives, collective_bytes: Int
        /// The number of buffers that rank 0 allocated in all timed steps.
        package var buffer_allocations: Int
        /// The peak memory use of rank 0, in bytes.
        package var peak_resident_bytes: Int
        /// The loss of the last step. It is finite; otherwise the benchmark fails.
        package var loss: Double
        /// The provider of matrix products: `lrnet-avx512`, or OpenBLAS and the core type it
        /// selected.
        package var products: String
    }

    private let recipe: Recipe
    private let group: any ProcessGroup
    private let data: String?
    private let schedule: ThreadSchedule?

    /// Creates a benchmark.
    ///
    /// - Parameters:
    ///   - data: A data set's folder; `nil` for a batch in memory.
    ///   - plannedThreads: The number of threads of a plan, which is made on one thread.
    package init(
        recipe: Recipe, group: any ProcessGroup, data: String? = nil, plannedThreads: Int? = nil
    ) {
        self.recipe = recipe
        self.data = data
        self.group = group
        schedule = plannedThreads.map { ThreadSchedule(threadCount: $0) }
    }

    /// Runs the benchmark. Every rank must call it.
    ///
    /// - Throws: `Failure` (80) if the loss is not finite.
    package func run(steps: Int) throws -> Report {
        let runner = try StepRunner(
            recipe: recipe, group: group, data: data, schedule: schedule)
        for _ in 0..<StepRunner.warmUpSteps { _ = try runner.step() }
        let allocations = BufferCount.allocations
        schedule?.reset()
        let samples = try (0..<steps).map { _ in
            defer { schedule?.endStep() }
            return try runner.step()
        }
        let plan = schedule.map { ($0.sequential, $0.parallel, $0.serial) }
        return report(
            samples, allocations: BufferCount.allocations - allocations,
            exchange: try runner.exchangeSeconds(repetitions: steps), plan: plan,
            of: runner.network)
    }

    private func report(
        _ samples: [StepRunner.Sample], allocations: Int, exchange: Double,
        plan: (sequential: Double, parallel: Double, serial: Double)?, of network: Network
    ) -> Report {
        let planned = StepPlan(
            network: network, recipe: recipe, groups: group.rankGroups, rank: group.rank
        ).traffic
        let unhidden = samples.map(\.times.reduction.seconds).median
        let seconds = samples.map(\.times.total.seconds)
        let sum = samples.reduce(into: StageTimes()) { $0.add($1.times) }
        let calls = samples.reduce(Duration.zero) { $0 + $1.callTime }
        let training = recipe.training
        let traffic = samples.last?.traffic ?? Traffic()
        let busy = plan.map { ($0.sequential + $0.serial) / ($0.parallel + $0.serial) }
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
            planned_threads: schedule?.threadCount,
            loop_seconds: plan.map { $0.sequential },
            planned_loop_seconds: plan.map { $0.parallel },
            serial_seconds: plan.map { $0.serial }, busy_threads: busy,
            data_workers: data == nil ? 0 : recipe.data.workers,
            communication_percent: sum.percent(sum.communication), mpi_percent: sum.percent(calls),
            exchange_seconds: exchange, unhidden_seconds: unhidden,
            unhidden_percent: 100 * unhidden / max(exchange, 1e-9),
            sent_messages: traffic.messageCount, sent_bytes: traffic.byteCount,
            planned_messages: planned.messageCount, planned_bytes: planned.byteCount,
            sent_messages_leaving: traffic.leavingMessageCount,
            sent_bytes_leaving: traffic.leavingByteCount,
            planned_messages_leaving: planned.leavingMessageCount,
            planned_bytes_leaving: planned.leavingByteCount,
            collectives: traffic.collectiveCount, collective_bytes: traffic.collectiveByteCount,
            buffer_allocations: allocations,
            peak_resident_bytes: ResidentMemory.peakByteCount, loss: samples.last?.loss ?? 0,
            products: MatrixProduct.provider)
    }
}
