import Foundation
import LRNetKernels
import LRNetSupport

/// Reads, decodes and augments batches on other threads, before they are needed.
///
/// `depth` batches circulate: the threads fill a batch, ``next()`` returns it, and ``recycle(_:)``
/// makes it available again. Image memory is allocated once, at the start.
package final class BatchLoader: Sendable {
    private let queue: BatchQueue
    private let threads: LoaderThreads

    /// Starts loading.
    ///
    /// - Parameters:
    ///   - reader: The reader of the split.
    ///   - augmenter: Converts images to network inputs.
    ///   - threads: The threads. They must not serve another loader at the same time.
    ///   - capacity: The largest number of samples in a request.
    ///   - depth: The number of circulating batches, at least 2: one in use, the others loaded
    ///     ahead.
    ///   - requests: The samples of each batch, in order. An empty request produces a batch without
    ///     samples. The sequence is read on the loader's thread and may be endless.
    /// - Precondition: A request has at most `capacity` samples, all of them in the split.
    package init(
        reader: ShardReader, augmenter: Augmenter, threads: LoaderThreads, capacity: Int,
        depth: Int = 3, requests: some Sequence<BatchRequest> & Sendable
    ) {
        precondition(depth >= 2 && capacity >= 0, "depth \(depth), capacity \(capacity)")
        let queue = BatchQueue(
            (0..<depth).map { _ in Batch(capacity: capacity, shape: augmenter.outputShape) })
        self.queue = queue
        self.threads = threads
        threads.loader.perform { [pool = threads.pool] in
            let filler = BatchFiller(reader: reader, augmenter: augmenter, pool: pool)
            Self.run(queue, filler, requests)
        }
    }

    deinit {
        stop()
    }

    /// Returns the next batch in request order, and waits until it is loaded.
    ///
    /// - Returns: `nil` after the last request, or after ``stop()``.
    /// - Precondition: At least one batch is not handed out. Otherwise the call would wait forever,
    ///   so it traps.
    /// - Throws: The error of a failed read, also on every later call.
    package func next() throws -> Batch? { try queue.next() }

    /// Returns a batch to the loader, which fills it again.
    ///
    /// - Precondition: The batch came from ``next()`` of this loader and is recycled once.
    package func recycle(_ batch: Batch) { queue.recycle(batch) }

    /// Stops loading and waits for the thread, at most until it has filled the current batch.
    package func stop() { queue.stop() }

    private static func run(
        _ queue: BatchQueue, _ filler: BatchFiller, _ requests: some Sequence<BatchRequest>
    ) {
        do {
            for request in requests {
                guard let batch = queue.takeEmpty() else { break }
                try filler.fill(batch, with: request)
                queue.put(batch)
            }
            queue.end(nil)
        } catch {
            queue.end(error)
        }
    }
}
