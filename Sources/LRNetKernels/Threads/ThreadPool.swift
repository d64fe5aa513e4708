internal import CThreads
internal import LRNetSupport
internal import Synchronization

/// The persistent threads of a process. They share the leaves or panels of a training step.
///
/// The caller works too, so a pool of one thread is a plain loop. The assignment of indices to
/// threads varies from call to call. Results must not depend on it; they do not if each index
/// writes only its own data.
///
/// Several pools may use the same threads; see ``progressing(_:)``. The threads end when the last
/// of these pools is released.
package final class ThreadPool: @unchecked Sendable {
    /// The number of threads, including the caller.
    package var threadCount: Int { schedule?.threadCount ?? threads.count }

    private let threads: Threads

    /// The plan that this pool makes instead of using threads, or `nil`.
    private let schedule: ThreadSchedule?

    /// Called on the caller's thread after each of its indices.
    private let progress: (() -> Void)?

    /// The state that the threads share. They retain this object and not its owner, so that the
    /// owner's release can end them.
    private final class Shared: @unchecked Sendable {
        /// The current job; written by the caller before it wakes the threads.
        var job: Job?
        let nextIndex = Atomic<Int>(0)
        let stopping = Atomic<Bool>(false)
        /// The number of threads that have not finished the job.
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

        func serve(as worker: Int, at start: Gate) {
            while true {
                start.wait()
                let isStopping = stopping.load(ordering: .acquiring)
                if !isStopping { work(as: worker) }
                let left = busyCount.subtract(1, ordering: .acquiringAndReleasing).newValue
                if left == 0 { finished.open() }
                if isStopping { return }
            }
        }

        /// Starts the threads that wait at some gates; `finished` opens when all of them have
        /// finished.
        func start(_ gates: some Collection<Gate>) {
            busyCount.store(gates.count, ordering: .releasing)
            for gate in gates { gate.open() }
        }
    }

    private struct Job {
        var count: Int
        var body: (_ index: Int, _ worker: Int) -> Void
    }

    /// The started threads, which end when this object is released.
    private final class Threads {
        let count: Int
        let shared = Shared()
        /// The gates at which the started threads wait.
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
                    shared.serve(as: index, at: start)
                }
                starts.append(start)
            }
        }

        /// Starts no threads.
        init() { count = 1 }

        deinit {
            shared.stopping.store(true, ordering: .releasing)
            guard !starts.isEmpty else { return }
            shared.start(starts)
            shared.finished.wait()
        }
    }

    /// Starts `threadCount - 1` threads.
    ///
    /// - Parameters:
    ///   - cores: If there are as many cores as threads, each started thread is bound to one of
    ///     them, so that the system does not move it away from its cache. The first core is left to
    ///     the caller. The caller is not bound, because threads that it starts later would inherit
    ///     the binding. A binding that fails has no effect.
    ///   - remedy: The part of the error message that tells how to reduce the number of threads,
    ///     such as `lower training.threads`.
    /// - Precondition: `threadCount` is positive.
    /// - Throws: `Failure` (74) if the system cannot start another thread; threads already started
    ///   end.
    package init(threadCount: Int, cores: [Int] = [], remedy: String? = nil) throws {
        precondition(threadCount > 0, "a pool of \(threadCount) threads")
        threads = try Threads(count: threadCount, cores: cores, remedy: remedy)
        progress = nil
        schedule = nil
    }

    /// Creates a pool of the caller's thread that plans the loops of more threads.
    package init(planning schedule: ThreadSchedule) {
        threads = Threads()
        progress = nil
        self.schedule = schedule
    }

    /// Creates a pool of the caller's thread alone.
    package init() {
        threads = Threads()
        progress = nil
        schedule = nil
    }

    private init(
        _ threads: Threads, _ schedule: ThreadSchedule?, progress: @escaping () -> Void
    ) {
        self.threads = threads
        self.schedule = schedule
        self.progress = progress
    }

    /// Returns a pool of the same threads whose loops call `progress` on the caller's thread after
    /// each of its indices.
    ///
    /// MPI moves messages only while it is called, so a pass of a training step requires such a
    /// pool.
    package func progressing(_ progress: @escaping () -> Void) -> ThreadPool {
        ThreadPool(threads, schedule, progress: progress)
    }

    /// Calls `body(index, worker)` for every index in `0 ..< count`, in parallel, and returns when
    /// all calls have returned.
    ///
    /// - Parameters:
    ///   - count: The number of calls.
    ///   - body: Must be safe to run at the same time for different indices. `worker` is in
    ///     `0 ..< threadCount`, and no two calls run at the same time with the same worker.
    /// - Precondition: Not called from within `body`.
    package func forEach(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
        if let schedule { return schedule.run(count, body) }
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
            shared.finished.wait()
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
