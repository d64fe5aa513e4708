import Foundation
package import LRNetCollectives
import LRNetKernels
import LRNetSupport

/// The ranks of a group that are threads of a test. They can exchange rows.
package final class PlayedRanks: @unchecked Sendable {
    private struct Route: Hashable {
        let sender, receiver: Int
    }

    package let count: Int
    private let condition = NSCondition()
    private var notes: [String] = []
    private var messages: [Route: [[Double]]] = [:]

    package init(_ count: Int) {
        self.count = count
    }

    /// A rank and its checks.
    package struct Place {
        package let group: any ProcessGroup
        fileprivate let ranks: PlayedRanks

        /// Notes a check that does not hold.
        package func expect(_ holds: Bool, _ name: @autoclosure () -> String) {
            if !holds { ranks.note("rank \(group.rank) of \(group.size): \(name())") }
        }
    }

    /// Does each rank's work on a separate thread, and returns when all are done.
    ///
    /// - Returns: The checks that do not hold, and the errors. Swift Testing attributes a failed
    ///   expectation to a test only on the test's own thread.
    package func failures(
        _ work: @escaping @Sendable (_ place: Place) throws -> Void
    ) -> [String] {
        let threads = DispatchGroup()
        for rank in 0..<count {
            threads.enter()
            Thread.detachNewThread { [self] in
                do {
                    try work(Place(group: Member(ranks: self, rank: rank), ranks: self))
                } catch {
                    note("rank \(rank): \(error)")
                }
                threads.leave()
            }
        }
        threads.wait()
        return notes
    }

    private func note(_ text: String) {
        condition.lock()
        defer { condition.unlock() }
        notes.append(text)
    }

    private func send(_ values: [Double], _ route: Route) {
        condition.lock()
        defer { condition.unlock() }
        messages[route, default: []].append(values)
        condition.broadcast()
    }

    private func receive(_ route: Route) -> [Double] {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: 60)
        while messages[route, default: []].isEmpty {
            if !condition.wait(until: deadline) { fatalError("no message on \(route)") }
        }
        return messages[route, default: []].removeFirst()
    }

    private final class Member: ProcessGroup, @unchecked Sendable {
        let ranks: PlayedRanks
        let rank: Int
        var size: Int { ranks.count }
        var hostNames: [String] { Array(repeating: "localhost", count: size) }
        private(set) var traffic = Traffic()

        init(ranks: PlayedRanks, rank: Int) {
            (self.ranks, self.rank) = (ranks, rank)
        }

        func exchange(_ round: MessageRound, in values: DoubleBuffer) {
            for message in round.sent {
                ranks.send(
                    (0..<message.count).map { values[message.offset + $0] },
                    Route(sender: rank, receiver: message.rank))
                traffic.count(
                    bytes: message.count * MemoryLayout<Double>.stride, leavesMachine: false)
            }
            for message in round.received {
                let received = ranks.receive(Route(sender: message.rank, receiver: rank))
                precondition(received.count == message.count, "\(message) of \(received.count)")
                for (index, value) in received.enumerated() {
                    values[message.offset + index] = value
                }
            }
        }

        func abort(_ status: ExitStatus) -> Never { fatalError("\(status)") }
        func finalize() {}
        func barrier() { unsupported() }
        func broadcast(_ bytes: [UInt8], root: Int) -> [UInt8] { unsupported() }
        func broadcast(_ view: FloatView, root: Int) { unsupported() }
        func allGather(_ bytes: [UInt8]) -> [[UInt8]] { unsupported() }
        func gather(_ bytes: [UInt8]) -> [[UInt8]]? { unsupported() }
        func allGather(_ local: [Double], counts: [Int], into gathered: inout [Double]) {
            unsupported()
        }
        func sum(_ values: inout [Int64]) { unsupported() }
        func minimum(_ values: inout [Int64]) { unsupported() }
        func gather(_ own: FloatView, slices: SlicePartition, into whole: FloatView) {
            unsupported()
        }
        func scatter(_ whole: FloatView, slices: SlicePartition, into own: FloatView) {
            unsupported()
        }
        func makeMachineWords(count: Int) -> AtomicWords { unsupported() }

        private func unsupported() -> Never { fatalError("played ranks only exchange rows") }
    }
}
