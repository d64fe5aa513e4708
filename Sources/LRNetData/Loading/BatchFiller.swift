import Foundation
package import LRNetKernels
import LRNetSupport

/// Reads, decodes and augments the samples of a batch, divided among threads.
///
/// Each sample is a function of (request, sample) alone, so its bits do not depend on the thread
/// that computes it.
package final class BatchFiller {
    private let reader: ShardReader
    private let augmenter: Augmenter
    private let pool: ThreadPool
    private let scratches: [Augmenter.Scratch]

    /// State shared by the threads.
    private final class Shared: @unchecked Sendable {
        let lock = NSLock()
        var labels: [Int32]
        var failure: (part: Int, error: any Error)?
        init(count: Int) { labels = Array(repeating: 0, count: count) }
    }

    /// - Parameter pool: The threads. By default, only the calling thread works.
    package init(reader: ShardReader, augmenter: Augmenter, pool: ThreadPool = ThreadPool()) {
        self.reader = reader
        self.augmenter = augmenter
        self.pool = pool
        scratches = (0..<pool.threadCount).map { _ in Augmenter.Scratch() }
    }

    /// Fills a batch with the samples of a request.
    ///
    /// - Precondition: The batch has room, and its images have the augmenter's output shape.
    /// - Throws: `Failure`. If several samples fail, this is the error of the first one in the
    ///   set. The content of the batch is then unspecified.
    package func fill(_ batch: Batch, with request: BatchRequest) throws {
        let count = request.samples.count
        precondition(count <= batch.capacity, "\(count) samples for batches of \(batch.capacity)")
        batch.samples = request.samples
        let order = request.samples.indices.sorted { request.samples[$0] < request.samples[$1] }
        // Each part is a run of consecutive samples in the set, so only one or two threads read a
        // chunk.
        let partCount = pool.threadCount == 1 ? 1 : min(count, 4 * pool.threadCount)
        let shared = Shared(count: count)
        pool.forEach(partCount) { part, worker in
            let positions = order[count * part / partCount..<count * (part + 1) / partCount]
            do {
                let labels = try make(positions, of: request, in: batch, worker: worker)
                shared.lock.withLock {
                    for (position, label) in labels { shared.labels[position] = label }
                }
            } catch {
                shared.lock.withLock {
                    if part < shared.failure?.part ?? partCount { shared.failure = (part, error) }
                }
            }
        }
        if let failure = shared.failure { throw failure.error }
        batch.labels = shared.labels
    }

    private func make(
        _ positions: ArraySlice<Int>, of request: BatchRequest, in batch: Batch, worker: Int
    ) throws -> [(position: Int, label: Int32)] {
        let positions = Array(positions)
        let size = augmenter.outputShape.count
        var labels: [(position: Int, label: Int32)] = []
        labels.reserveCapacity(positions.count)
        try reader.forEachImage(positions.map { request.samples[$0] }) {
            index, pixels, shape, label in
            let position = positions[index]
            try augmenter.apply(
                pixels, shape: shape, sample: request.samples[position],
                epoch: request.epoch, scratch: scratches[worker],
                into: batch.images[position * size..<(position + 1) * size])
            labels.append((position, label))
        }
        return labels
    }
}
