internal import Foundation

/// One value per worker of a loop.
final class PartialResults<Value: Sendable>: @unchecked Sendable {
    private(set) var values: [Value]
    private let lock = NSLock()

    init(count: Int, _ value: Value) { values = Array(repeating: value, count: count) }

    /// Updates the value of one worker.
    ///
    /// - Precondition: No other call updates the same worker's value at the same time.
    func update(_ worker: Int, _ body: (inout Value) -> Void) {
        var value = lock.withLock { values[worker] }
        body(&value)
        lock.withLock { values[worker] = value }
    }
}
