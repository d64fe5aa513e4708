import LRNetKernels
import LRNetSupport

/// The threads that load batches, for one loader after the other.
package final class LoaderThreads: Sendable {
    /// Runs the loader.
    let loader: WorkerThread

    /// Shares out a batch's samples; the loader's thread takes part.
    let pool: ThreadPool

    /// Starts the threads.
    ///
    /// - Parameter workers: Threads that share the samples of a batch; any number gives the same bits.
    /// - Throws: ``Failure`` (74) if the system makes no further thread.
    package init(workers: Int = 1) throws {
        loader = try WorkerThread("batch-loader", stackByteCount: 8 << 20)
        pool = try ThreadPool(threadCount: workers, remedy: "lower data.workers (\(workers))")
    }
}
