package import LRNetData
package import LRNetKernels
package import LRNetSupport

/// A loader that defers its failure.
///
/// After a failure it returns blank batches, so that the rank can take part in the step's exchanges
/// until all ranks know of the failure.
package final class BatchSource {
    /// The error that the loader threw.
    package private(set) var failure: Failure?

    /// The time spent waiting for data since the last reset.
    package private(set) var waiting = Duration.zero

    private let loader: BatchLoader
    private let blank: Batch

    package init(loader: BatchLoader, capacity: Int, shape: ImageShape) {
        self.loader = loader
        blank = Batch(capacity: capacity, shape: shape)
    }

    deinit { loader.stop() }

    /// Returns the next batch, or a blank one of `count` samples after a failure.
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
