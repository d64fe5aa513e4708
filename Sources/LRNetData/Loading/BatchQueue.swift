import Foundation
import LRNetSupport

/// The batches that go round between a loader's thread and its user.
final class BatchQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private let size: Int
    private var empty: [Batch]
    private var ready: [Batch] = []
    private var handedOut: [Batch] = []
    private var error: (any Error)?
    private var isStopping = false
    private var isEnded = false

    init(_ batches: [Batch]) {
        size = batches.count
        empty = batches
        ready.reserveCapacity(size)
        handedOut.reserveCapacity(size)
    }

    /// For the thread: a batch to fill; `nil` when it shall end.
    func takeEmpty() -> Batch? {
        locked {
            while empty.isEmpty && !isStopping { condition.wait() }
            return isStopping ? nil : empty.removeLast()
        }
    }

    /// For the thread: a filled batch.
    func put(_ batch: Batch) {
        locked { ready.append(batch) }
    }

    /// For the thread: its last call.
    func end(_ error: (any Error)?) {
        locked {
            self.error = error
            isEnded = true
        }
    }

    func next() throws -> Batch? {
        try locked {
            while ready.isEmpty && !isEnded && !isStopping {
                precondition(
                    handedOut.count < size, "all \(size) batches are handed out; recycle them")
                condition.wait()
            }
            if isStopping { return nil }
            if ready.isEmpty {
                if let error { throw error }
                return nil
            }
            let batch = ready.removeFirst()
            handedOut.append(batch)
            return batch
        }
    }

    func recycle(_ batch: Batch) {
        locked {
            guard let position = handedOut.firstIndex(where: { $0 === batch }) else {
                preconditionFailure("a batch is recycled twice, or comes from another loader")
            }
            handedOut.remove(at: position)
            empty.append(batch)
        }
    }

    func stop() {
        locked {
            isStopping = true
            condition.broadcast()
            while !isEnded { condition.wait() }
        }
    }

    private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body()
    }
}
