internal import CThreads
internal import LRNetSupport
internal import Synchronization

/// The persistent threads of one process, which share out the leaves or panels of a step.
///
/// The caller takes part, so a pool of one thread is a plain loop. Which thread works on which
/// index is left to chance; results must not depend on it, and do not, when an index writes only
/// what is its own.
///
/// Several pools may stand for the same threads; see ``progressing(_:)``. The threads end with the last one.
package final class ThreadPool: @unchecked Sendable {
    /// The number of threads, the caller's included.
    package var threadCount: Int { threads.count }

    private let threads: Threads

    /// Called from the caller's thread between its indices.
    private let progress: (() -> Void)?

    /// The state that the threads share; they hold it, not their owner, so that the owner can end them.
    private final class Shared: @unchecked Sendable {
        /// What the threads are to do; written by the caller before it wakes them.
        var job: Job?
        let nextIndex = Atomic<Int>(0)
        let stopping = Atomic<Bool>(false)
        /// Threads of the job that have not finished it.
        let busyCount = Atomic<Int>(0)
        let finished = Gate()

        func work(as worker: Int, progress: (() -> Void)? = nil) {
            guard let job else { return }
            while true {
                let index = nextIndex.add(1, ordering: .acquiringAndReleasing).oldValue
                if index >= job.count { return }
                job.body(index, worker)
                progress?()
            }
        }

        func serve(as worker: Int, behind start: Gate) {
            while true {
                start.pass()
                let isStopping = stopping.load(ordering: .acquiring)
                if !isStopping { work(as: worker) }
                let left = busyCount.subtract(1, ordering: .acquiringAndReleasing).newValue
                if left == 0 { finished.open() }
                if isStopping { return }
            }
        }

        /// Starts the threads behind some gates; `finished` opens when all of them have finished.
        func start(_ gates: some Collection<Gate>) {
            busyCount.store(gates.count, ordering: .releasing)
            for gate in gates { gate.open() }
        }
    }

    private struct Job {
        var count: Int
        var body: (_ index: Int, _ worker: Int) -> Void
    }

    /// The started threads; ends them when it is released.
    private final class Threads {
        let count: Int
        let shared = Shared()
        /// Of the threads that were started.
        private(set) var starts: [Gate] = []

        init(count: Int, cores: [Int], remedy: String?) throws {
            let isBound = cores.count == count
            self.count = count
            for index in 1..<max(count, 1) {
                let core = isBound ? cores[index] : nil
                let start = Gate()
                try SystemThread.start(
                    "lrnet-worker-\(index)", stackByteCount: 8 << 20, remedy: remedy
                ) { [shared] in
                    if let core { _ = lrnet_bind_thread(UInt32(core)) }
                    shared.serve(as: index, behind: start)
                }
                starts.append(start)
            }
        }

        /// The caller alone.
        init() { count = 1 }

        deinit {
            shared.stopping.store(true, ordering: .releasing)
            guard !starts.isEmpty else { return }
            shared.start(starts)
            shared.finished.pass()
        }
    }

    /// Starts `threadCount - 1` threads.
    ///
    /// - Parameters:
    ///   - cores: If there are as many as threads, each thread that is started is bound to one of them,
    ///     the first left to the caller's, so that the system does not move them about and their caches
    ///     with them. The caller's is not bound, since threads that it starts later would be, too.
    ///     Binding that fails changes nothing.
    ///   - remedy: What lowers the number of threads, for the error: `lower training.threads`.
    /// - Precondition: `threadCount` is positive.
    /// - Throws: `Failure` (74) if the system makes no further thread; those that were started end.
    package init(threadCount: Int, cores: [Int] = [], remedy: String? = nil) throws {
        precondition(threadCount > 0, "a pool of \(threadCount) threads")
        threads = try Threads(count: threadCount, cores: cores, remedy: remedy)
        progress = nil
    }

    /// A pool of the caller's thread alone.
    package init() {
        threads = Threads()
        progress = nil
    }

    private init(_ threads: Threads, progress: @escaping () -> Void) {
        self.threads = threads
        self.progress = progress
    }

    /// A pool of the same threads whose loops call `progress` between two indices, on the caller's thread.
    ///
    /// MPI moves messages only while it is called, so a pass of a training step takes such a pool.
    package func progressing(_ progress: @escaping () -> Void) -> ThreadPool {
        ThreadPool(threads, progress: progress)
    }

    /// Calls `body(index, worker)` for every index in `0 ..< count`, side by side, and returns when
    /// all calls have.
    ///
    /// - Parameters:
    ///   - count: The number of calls.
    ///   - body: Must be safe to run at the same time for different indices; `worker` lies in
    ///     `0 ..< threadCount` and no two calls run at the same time with the same worker.
    /// - Precondition: Not called from within `body`.
    package func forEach(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
        if threadCount == 1 || count <= 1 {
            for index in 0..<count {
                body(index, 0)
                progress?()
            }
            return
        }
        let shared = threads.shared
        withoutActuallyEscaping(body) { escapable in
            precondition(
                shared.job == nil, "ThreadPool.forEach called from within its own body")
            shared.job = Job(count: count, body: escapable)
            shared.nextIndex.store(0, ordering: .releasing)
            shared.start(threads.starts.prefix(count - 1))
            shared.work(as: 0, progress: progress)
            shared.finished.pass()
            shared.job = nil
        }
    }

    /// Calls `body(range, worker)` for consecutive ranges of at most `grain` values that cover
    /// `0 ..< count`.
    ///
    /// The ranges depend on `count` and `grain` alone, never on the number of threads.
    package func forEachRange(
        _ count: Int, grain: Int, _ body: (_ range: Range<Int>, _ worker: Int) -> Void
    ) {
        precondition(grain > 0, "ranges of \(grain) values")
        forEach((count + grain - 1) / grain) { index, worker in
            let start = index * grain
            body(start..<min(start + grain, count), worker)
        }
    }
}
