internal import Foundation

/// A value for each worker of a loop.
final class PartialResults<Value: Sendable>: @unchecked Sendable {
    private(set) var values: [Value]
    private let lock = NSLock()

    init(count: Int, _ value: Value) { values = Array(repeating: value, count: count) }

    /// Changes a worker's value, which no other worker does meanwhile.
    func update(_ worker: Int, _ body: (inout Value) -> Void) {
        var value = lock.withLock { values[worker] }
        body(&value)
        lock.withLock { values[worker] = value }
    }
}
