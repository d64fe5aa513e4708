package import LRNetData
package import LRNetKernels
package import LRNetSupport

/// A loader whose trouble waits: after a failure it hands out blank batches, so that the rank can
/// take part in the step's exchanges until all ranks have heard of it.
package final class BatchSource {
    /// What the loader threw.
    package private(set) var failure: Failure?

    /// Time spent waiting for data since the last reset.
    package private(set) var waiting = Duration.zero

    private let loader: BatchLoader
    private let blank: Batch

    package init(loader: BatchLoader, capacity: Int, shape: ImageShape) {
        self.loader = loader
        blank = Batch(capacity: capacity, shape: shape)
    }

    deinit { loader.stop() }

    /// The next batch, or a blank one of `count` samples once there is trouble.
    package func next(count: Int) -> Batch {
        let start = ContinuousClock.now
        defer { waiting += ContinuousClock.now - start }
        if failure == nil {
            do {
                if let batch = try loader.next() {
                    precondition(
                        batch.count == count, "a batch of \(batch.count) for \(count) samples")
                    return batch
                }
                failure = Failure(
                    call: "data", subject: "loader", message: "ended before the run",
                    exitStatus: .internalError)
            } catch {
                failure = .wrapping(error, call: "data", subject: "loader")
            }
        }
        blank.makeBlank(count: count)
        return blank
    }

    package func recycle(_ batch: Batch) {
        if batch !== blank { loader.recycle(batch) }
    }

    package func resetWaiting() { waiting = .zero }
}
