internal import Foundation

/// A plan of a pool's loops on more threads than this machine has: the calls are made one after
/// another and timed, and then assigned to the planned threads as a pool would.
///
/// The plan leaves out the costs of threads themselves: starting a loop, and sharing caches and
/// memory. All times are CPU times of the thread, so other programs do not change them much.
package final class ThreadSchedule: @unchecked Sendable {
    /// The number of planned threads.
    package let threadCount: Int

    /// The seconds of all calls, and of the loops on the planned threads.
    package private(set) var sequential = 0.0, parallel = 0.0

    private var start = 0.0

    package init(threadCount: Int) {
        precondition(threadCount > 0, "a schedule of \(threadCount) threads")
        self.threadCount = threadCount
        reset()
    }

    /// Discards the times so far.
    package func reset() {
        (sequential, parallel) = (0, 0)
        start = Self.now
    }

    /// The seconds outside loops since ``reset()``.
    package var serial: Double { max(Self.now - start - sequential, 0) }

    /// The CPU time of this thread in seconds.
    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Makes the calls of a loop and adds their times.
    func run(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
        var threads = [Double](repeating: 0, count: min(threadCount, max(count, 1)))
        for index in 0..<count {
            // A free thread takes the next index.
            var next = 0
            for thread in threads.indices where threads[thread] < threads[next] { next = thread }
            let start = Self.now
            body(index, next)
            let seconds = Self.now - start
            threads[next] += seconds
            sequential += seconds
        }
        parallel += threads.max() ?? 0
    }
}
