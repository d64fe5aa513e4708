import Foundation
import LRNetKernels
import Testing

@Suite struct ThreadScheduleTests {
    /// Computes for some milliseconds of this thread's CPU time.
    private func compute(_ milliseconds: Double) {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
        }
        let end = now() + milliseconds
        while now() < end {}
    }

    @Test func `a plan assigns the fastest times of the steps to its threads`() {
        let schedule = ThreadSchedule(threadCount: 2)
        let pool = ThreadPool(planning: schedule)
        for step in 0..<3 {
            compute(step == 0 ? 30 : 1)
            // One call takes as long as the others together. In each step, another one is slow.
            pool.forEach(4) { index, _ in
                compute(index == 0 ? 6 : 2)
                if index == step { compute(40) }
            }
            // A loop of one call keeps one thread busy.
            pool.forEach(1) { _, _ in compute(3) }
            schedule.endStep()
        }
        #expect((15...25).contains(1e3 * schedule.sequential))
        #expect((9...15).contains(1e3 * schedule.parallel))
        #expect((1...5).contains(1e3 * schedule.serial))
        schedule.reset()
        #expect(schedule.sequential == 0 && schedule.parallel == 0 && schedule.serial == 0)
    }
}
