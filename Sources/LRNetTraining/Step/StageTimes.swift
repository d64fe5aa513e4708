internal import LRNetSupport
package import LRNetWatchdog

/// The times that one or more steps spent in each stage, on this rank.
package struct StageTimes {
    package init() {}

    /// Receives each stage that is measured.
    package var beacon: ProgressBeacon?
    /// The time of whole steps.
    package var total = Duration.zero
    /// The time spent waiting for the loader.
    package var data = Duration.zero
    /// The time of exchanges with other ranks: sums, gradients, status, decisions.
    package var communication = Duration.zero
    /// The time of weights, forward pass and loss. Waits for batch-norm sums are included here and
    /// also count as communication.
    package var forward = Duration.zero
    /// The time of the backward pass. Waits for batch-norm sums are included here and also count as
    /// communication.
    package var backward = Duration.zero
    /// The time spent waiting for gradient exchanges; a part of communication.
    package var reduction = Duration.zero
    /// The time of logit gradients and the optimizer.
    package var update = Duration.zero
    package var stepCount = 0
    /// The number of images over all ranks.
    package var imageCount = 0

    /// The time that is neither data nor communication.
    package var compute: Duration { total - data - communication }

    /// Images per second over all ranks.
    package var imagesPerSecond: Double {
        total > .zero ? Double(imageCount) / total.seconds : 0
    }

    /// Returns a stage's share of the total, in percent.
    package func percent(_ stage: Duration) -> Double {
        total > .zero ? 100 * stage.seconds / total.seconds : 0
    }

    /// Adds the times of other steps.
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

    /// Runs `work` and adds its time to a stage.
    package mutating func measure<Value>(
        _ stage: WritableKeyPath<StageTimes, Duration>, _ work: () throws -> Value
    ) rethrows -> Value {
        if let phase = Self.phase(of: stage) { beacon?.enter(phase) }
        let start = ContinuousClock.now
        defer { self[keyPath: stage] += ContinuousClock.now - start }
        return try work()
    }

    /// Returns the watchdog's phase for a stage; `nil` if it has none.
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
