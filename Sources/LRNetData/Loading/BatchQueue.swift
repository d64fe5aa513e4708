import Foundation
import LRNetSupport

/// The batches that circulate between a loader's thread and its consumer.
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

    /// Returns a batch to fill, or `nil` if the loader's thread should end. Called on that thread.
    func takeEmpty() -> Batch? {
        locked {
            while empty.isEmpty && !isStopping { condition.wait() }
            return isStopping ? nil : empty.removeLast()
        }
    }

    /// Appends a filled batch. Called on the loader's thread.
    func put(_ batch: Batch) {
        locked { ready.append(batch) }
    }

    /// Marks the end of loading; the last call of the loader's thread.
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
