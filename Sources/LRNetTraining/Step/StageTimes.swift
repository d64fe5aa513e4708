internal import LRNetSupport
package import LRNetWatchdog

/// Where the time of some steps went, on this rank.
package struct StageTimes {
    package init() {}

    /// Told of each stage that is measured.
    package var beacon: ProgressBeacon?
    /// The whole of the steps.
    package var total = Duration.zero
    /// Waiting for the loader.
    package var data = Duration.zero
    /// Exchanging with other ranks: sums, gradients, status, decisions.
    package var communication = Duration.zero
    /// Weights, forward pass and loss; of it the batch-norm sums' exchange counts as communication.
    package var forward = Duration.zero
    /// Backward pass, likewise.
    package var backward = Duration.zero
    /// The gradients' exchange, a part of communication.
    package var reduction = Duration.zero
    /// Gradients of the logits, and the optimizer.
    package var update = Duration.zero
    /// The number of steps.
    package var stepCount = 0
    /// The number of images over all ranks.
    package var imageCount = 0

    /// The rest.
    package var compute: Duration { total - data - communication }

    /// Images a second over all ranks.
    package var imagesPerSecond: Double {
        total > .zero ? Double(imageCount) / total.seconds : 0
    }

    /// A stage's share of the whole, in percent.
    package func percent(_ stage: Duration) -> Double {
        total > .zero ? 100 * stage.seconds / total.seconds : 0
    }

    /// Adds other steps' times.
    package mutating func add(_ other: StageTimes) {
        total += other.total
        data += other.data
        communication += other.communication
        forward += other.forward
        backward += other.backward
        reduction += other.reduction
        update += other.update
        stepCount += other.stepCount
        imageCount += other.imageCount
    }

    /// Adds the time that `work` takes to a stage.
    package mutating func measure<Value>(
        _ stage: WritableKeyPath<StageTimes, Duration>, _ work: () throws -> Value
    ) rethrows -> Value {
        if let phase = Self.phase(of: stage) { beacon?.enter(phase) }
        let start = ContinuousClock.now
        defer { self[keyPath: stage] += ContinuousClock.now - start }
        return try work()
    }

    /// The phase that a stage is to the watchdog.
    private static func phase(of stage: PartialKeyPath<StageTimes>) -> ProgressPhase? {
        switch stage {
        case \.forward: .forward
        case \.communication: .statusExchange
        case \.backward: .backward
        case \.reduction: .allReduce
        case \.update: .update
        default: nil
        }
    }
}
