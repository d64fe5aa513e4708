import Foundation
import LRNetKernels
import LRNetSupport

/// Reads, decodes and augments batches ahead of their use, on other threads.
///
/// `depth` batches go round: the threads fill one, ``next()`` hands it out, ``recycle(_:)`` gives
/// it back. Image memory is allocated once, at the start.
package final class BatchLoader: Sendable {
    private let queue: BatchQueue
    private let threads: LoaderThreads

    /// Starts to load.
    ///
    /// - Parameters:
    ///   - reader: The split to read.
    ///   - augmenter: Makes inputs of pictures.
    ///   - threads: They serve no other loader meanwhile.
    ///   - capacity: The largest number of samples in a request.
    ///   - depth: The number of batches that go round, at least 2: one in use, the others ahead.
    ///   - requests: The samples of each batch, in order; an empty request gives a batch without
    ///     samples. It is read on the loader's thread and may be endless.
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

    /// The next batch, in order of the requests; waits until it is read.
    ///
    /// - Returns: `nil` after the last request, or after ``stop()``.
    /// - Precondition: At least one batch has been given back; else this would wait for ever.
    /// - Throws: What reading threw, also on every later call.
    package func next() throws -> Batch? { try queue.next() }

    /// Gives a batch back, to be filled again.
    ///
    /// - Precondition: It came from this loader's ``next()`` and is given back once.
    package func recycle(_ batch: Batch) { queue.recycle(batch) }

    /// Ends the loading and waits for its end, at most for one batch.
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
