import Foundation
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTestSupport

/// Exchanges the batch-norm sums of processes that are threads of a test.
///
/// In each round, a process waits until all processes have contributed their values. A process that
/// never arrives would hang the others, so waiting ends with an error after a minute.
final class Junction: @unchecked Sendable {
    struct TimedOut: Error {}

    private let leafRuns: [Range<Int>]
    private var processCount: Int { leafRuns.count }
    private let condition = NSCondition()
    private var contributions: [Int: [Double]] = [:]
    private var result: [Double] = []
    private var round = 0
    private var departedCount = 0

    /// - Parameter leafRuns: The leaves of each process.
    init(leafRuns: [Range<Int>]) {
        self.leafRuns = leafRuns
    }

    /// Returns the exchange of one process.
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

        /// Gathers the rows of all processes and adds those of each group.
        func combine(
            _ values: DoubleBuffer, width: Int, of rows: GroupedRows, _ add: RowAddition
        ) throws {
            let own = rows.rows(ofLeaves: junction.leafRuns[process])
            let all = try junction.join(values.prefix(own.count * width), process: process)
            let joined = DoubleBuffer(count: max(all.count, width))
            for (index, value) in all.enumerated() { joined[index] = value }
            rows.forEachAddition(within: 0..<rows.count) {
                add(joined, $0 * width, $1 * width)
            }
            for index in 0..<rows.groupCount {
                let group = rows.rows(ofGroup: index)
                guard group.overlaps(own) || rows.groupCount == 1 else { continue }
                RowKernels.copy(
                    joined, at: group.lowerBound * width, to: values,
                    at: max(group.lowerBound - own.lowerBound, 0) * width, count: width)
            }
        }
    }

    /// Does each process's work on a separate thread, and returns when all are done.
    ///
    /// A pool with one thread per core might run one process's work after another's, which waits
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
        let ownRound = round
        contributions[process] = local
        if contributions.count == processCount {
            result = contributions.sorted { $0.key < $1.key }.flatMap(\.value)
            contributions = [:]
            round += 1
            condition.broadcast()
        }
        let deadline = Date(timeIntervalSinceNow: 60)
        while round == ownRound {
            if !condition.wait(until: deadline) { throw TimedOut() }
        }
        // No process can contribute to the next round before it has left this one, but a late
        // process would read a newer result. So all wait for the slowest.
        let values = result
        departedCount += 1
        if departedCount == processCount {
            departedCount = 0
            condition.broadcast()
        } else {
            let leaving = round
            while departedCount != 0 && round == leaving {
                if !condition.wait(until: deadline) { throw TimedOut() }
            }
        }
        return values
    }
}
