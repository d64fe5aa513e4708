import LRNetKernels
import LRNetSupport

/// The threads that load batches. They serve one loader at a time.
package final class LoaderThreads: Sendable {
    /// The thread that runs the loader.
    let loader: WorkerThread

    /// The pool that divides the samples of a batch. The loader's thread takes part.
    let pool: ThreadPool

    /// Starts the threads.
    ///
    /// - Parameter workers: The number of threads that share the samples of a batch. Any number
    ///   produces the same bits.
    /// - Throws: `Failure` (74) if the system cannot create another thread.
    package init(workers: Int = 1) throws {
        loader = try WorkerThread("batch-loader", stackByteCount: 8 << 20)
        pool = try ThreadPool(threadCount: workers, remedy: "lower data.workers (\(workers))")
    }
}
