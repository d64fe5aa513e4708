import Foundation
import LRNetKernels
import LRNetLayers
import LRNetTestSupport

/// Joins the batch-norm sums of processes that are threads of a test.
///
/// Rounds follow one another; a process waits until all have brought their values. A process that
/// never comes would hang the others, so waiting ends with an error after a minute.
final class Junction: @unchecked Sendable {
    struct TimedOut: Error {}

    private let processCount: Int
    private let condition = NSCondition()
    private var brought: [Int: [Double]] = [:]
    private var result: [Double] = []
    private var round = 0
    private var left = 0

    init(processCount: Int) {
        self.processCount = processCount
    }

    /// The exchange of one process.
    func exchange(process: Int) -> any StatisticsExchange {
        Exchange(junction: self, process: process)
    }

    private final class Exchange: StatisticsExchange {
        let junction: Junction
        let process: Int

        init(junction: Junction, process: Int) {
            self.junction = junction
            self.process = process
        }

        func gather(_ local: [Double], width: Int, layout: BatchLayout) throws -> [Double] {
            try junction.join(local, process: process)
        }
    }

    /// Does each process's work on a thread of its own, and returns when all is done.
    ///
    /// A pool of as many threads as cores might do one process's work behind another's, which waits
    /// for it.
    func forEachProcess(_ work: @escaping @Sendable (_ process: Int) -> Void) {
        let group = DispatchGroup()
        for process in 0..<processCount {
            group.enter()
            Thread.detachNewThread {
                work(process)
                group.leave()
            }
        }
        group.wait()
    }

    private func join(_ local: [Double], process: Int) throws -> [Double] {
        condition.lock()
        defer { condition.unlock() }
        let mine = round
        brought[process] = local
        if brought.count == processCount {
            result = brought.sorted { $0.key < $1.key }.flatMap(\.value)
            brought = [:]
            round += 1
            condition.broadcast()
        }
        let deadline = Date(timeIntervalSinceNow: 60)
        while round == mine {
            if !condition.wait(until: deadline) { throw TimedOut() }
        }
        // No process can bring values of the next round before it has left this one, but one that
        // is late would read a newer result; all wait for the slowest.
        let values = result
        left += 1
        if left == processCount {
            left = 0
            condition.broadcast()
        } else {
            let leaving = round
            while left != 0 && round == leaving {
                if !condition.wait(until: deadline) { throw TimedOut() }
            }
        }
        return values
    }
}
