import Foundation
import LRNetKernels
import LRNetTestSupport
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
    static let threadCounts = [1, 2, 3, 8]

    @Test(arguments: threadCounts) func `every index is visited exactly once`(threadCount: Int) {
        let pool = ThreadPool.testing(threadCount)
        #expect(pool.threadCount == threadCount)
        for count in [0, 1, 2, 3, 7, 64, 1000] {
            let visits = FloatBuffer(count: count)
            pool.forEach(count) { index, _ in visits[index] += 1 }
            #expect(visits.all.values == [Float](repeating: 1, count: count))
        }
    }

    @Test(arguments: threadCounts)
    func `no two concurrent calls share a worker number`(threadCount: Int) {
        let pool = ThreadPool.testing(threadCount)
        let busy = Mutex([Int](repeating: 0, count: threadCount))
        let faults = Atomic<Int>(0)
        for _ in 0..<50 {
            pool.forEach(97) { _, worker in
                busy.withLock { counts in
                    guard counts.indices.contains(worker) else {
                        faults.add(1, ordering: .relaxed)
                        return
                    }
                    counts[worker] += 1
                    if counts[worker] > 1 { faults.add(1, ordering: .relaxed) }
                }
                busy.withLock { $0[worker] -= 1 }
            }
        }
        #expect(faults.load(ordering: .relaxed) == 0)
        #expect(busy.withLock { $0 } == [Int](repeating: 0, count: threadCount))
    }

    /// A lost wake-up would hang; an early return would produce a wrong sum.
    @Test(arguments: threadCounts)
    func `each of 20,000 rounds reads the results of the round before`(threadCount: Int) {
        let pool = ThreadPool.testing(threadCount)
        let count = 5
        let values = FloatBuffer(count: 2 * count)
        let rounds = 20_000
        for round in 0..<rounds {
            let (from, to) = (round % 2 * count, (round + 1) % 2 * count)
            pool.forEach(count) { index, _ in
                values[to + index] = values[from + (index + 1) % count] + 1
            }
        }
        #expect(values[0..<count].values == [Float](repeating: Float(rounds), count: count))
    }

    /// The pauses are longer than a thread polls before it sleeps. The caller pauses between loops,
    /// a thread within them.
    @Test(arguments: threadCounts)
    func `loops complete after pauses that put threads to sleep`(threadCount: Int) {
        let pool = ThreadPool.testing(threadCount)
        let sum = Atomic<Int>(0)
        let rounds = 200
        for round in 0..<rounds {
            if round % 3 == 0 { usleep(300) }
            pool.forEach(4) { index, _ in
                if index == round % 5 { usleep(300) }
                sum.add(index, ordering: .relaxed)
            }
            #expect(sum.load(ordering: .relaxed) == 6 * (round + 1))
        }
    }

    @Test(arguments: threadCounts)
    func `ranges are the same for any number of threads`(threadCount: Int) {
        let pool = ThreadPool.testing(threadCount)
        for (count, grain) in [(0, 4), (1, 4), (4, 4), (5, 4), (1000, 7), (3, 100)] {
            let seen = Mutex<[Range<Int>]>([])
            pool.forEachRange(count, grain: grain) { range, _ in
                seen.withLock { $0.append(range) }
            }
            let expected = stride(from: 0, to: count, by: grain).map {
                $0..<min($0 + grain, count)
            }
            let sorted = seen.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
            #expect(sorted == expected)
        }
    }

    @Test func `two indices run on two workers at once`() {
        let pool = ThreadPool.testing(4)
        let workers = Mutex<Set<Int>>([])
        // The first to arrive waits for the second, until the deadline.
        let arrived = Atomic<Int>(0)
        let deadline = ContinuousClock.now + .seconds(20)
        pool.forEach(2) { _, worker in
            workers.withLock { _ = $0.insert(worker) }
            arrived.add(1, ordering: .acquiringAndReleasing)
            while arrived.load(ordering: .acquiring) < 2 && ContinuousClock.now < deadline {}
        }
        #expect(workers.withLock { $0.count } == 2)
    }

    @Test func `pools can be created and destroyed repeatedly`() {
        for threadCount in 1...6 {
            for _ in 0..<20 {
                let pool = ThreadPool.testing(threadCount)
                let sum = Atomic<Int>(0)
                pool.forEach(10) { index, _ in sum.add(index, ordering: .relaxed) }
                #expect(sum.load(ordering: .relaxed) == 45)
            }
        }
    }

    @Test func `calling a pool from its own body traps`() async {
        await #expect(processExitsWith: .failure) {
            let pool = ThreadPool.testing(2)
            pool.forEach(2) { _, _ in pool.forEach(2) { _, _ in } }
        }
    }
}
