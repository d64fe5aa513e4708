internal import Foundation

/// A plan of a pool's loops on more threads than this machine has: the calls are made one after
/// another and timed, and then assigned to the planned threads as a pool would.
///
/// The plan leaves out the costs of threads themselves: starting a loop, and sharing caches and
/// memory. All times are CPU times of the thread, and the fastest over the steps that ``endStep()``
/// ends, so that other programs do not change them much.
package final class ThreadSchedule: @unchecked Sendable {
    /// The number of planned threads.
    package let threadCount: Int

    /// The seconds of each call of each loop: of this step, and the fastest of the steps so far.
    private var calls: [[Double]] = []
    private var fastest: [[Double]] = []

    private var start = 0.0
    private var fastestSerial = Double.infinity

    package init(threadCount: Int) {
        precondition(threadCount > 0, "a schedule of \(threadCount) threads")
        self.threadCount = threadCount
        reset()
    }

    /// Discards the times so far.
    package func reset() {
        (calls, fastest, fastestSerial) = ([], [], .infinity)
        start = Self.now
    }

    /// Ends a step.
    ///
    /// - Precondition: All steps since ``reset()`` have the same loops.
    package func endStep() {
        let seconds = calls.joined().reduce(0, +)
        fastestSerial = min(fastestSerial, max(Self.now - start - seconds, 0))
        if fastest.isEmpty { fastest = calls }
        precondition(fastest.map(\.count) == calls.map(\.count), "steps with different loops")
        fastest = zip(fastest, calls).map { zip($0, $1).map { min($0, $1) } }
        calls.removeAll(keepingCapacity: true)
        start = Self.now
    }

    /// The seconds of a step's calls.
    package var sequential: Double { fastest.joined().reduce(0, +) }

    /// The seconds of a step's loops on the planned threads.
    package var parallel: Double { fastest.map(span).reduce(0, +) }

    /// The seconds of a step outside loops.
    package var serial: Double { fastestSerial.isFinite ? fastestSerial : 0 }

    /// The CPU time of this thread in seconds.
    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Makes the calls of a loop and times them.
    func run(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
        var threads = idleThreads(count)
        calls.append(
            (0..<count).map { index in
                let next = Self.freest(threads)
                let start = Self.now
                body(index, next)
                let seconds = Self.now - start
                threads[next] += seconds
                return seconds
            })
    }

    /// Returns the seconds until the last of the threads has made its calls.
    private func span(_ calls: [Double]) -> Double {
        var threads = idleThreads(calls.count)
        for seconds in calls { threads[Self.freest(threads)] += seconds }
        return threads.max() ?? 0
    }

    private func idleThreads(_ count: Int) -> [Double] {
        [Double](repeating: 0, count: min(threadCount, max(count, 1)))
    }

    /// Returns the thread that is free first, which takes the next index.
    private static func freest(_ threads: [Double]) -> Int {
        var next = 0
        for thread in threads.indices where threads[thread] < threads[next] { next = thread }
        return next
    }
}
