import Foundation
import LRNetKernels

/// Runs work on many items in parallel, with results in order.
enum ParallelWork {
    /// The results, written by several threads.
    private final class Results<Value>: @unchecked Sendable {
        private let lock = NSLock()
        private var values: [Result<Value, any Error>?]

        init(count: Int) {
            values = Array(repeating: nil, count: count)
        }

        func set(_ position: Int, _ value: Result<Value, any Error>) {
            lock.withLock { values[position] = value }
        }

        func get() throws -> [Value] {
            try values.map { value in
                guard let value else { preconditionFailure("an item was not processed") }
                return try value.get()
            }
        }
    }

    /// Returns the results of `body` for `0 ..< count`, in order.
    ///
    /// - Throws: The error of the first item for which `body` threw.
    static func map<Value>(
        _ count: Int, on pool: ThreadPool, _ body: (Int) throws -> Value
    ) throws -> [Value] {
        let results = Results<Value>(count: count)
        pool.forEach(count) { position, _ in
            results.set(position, Result { try body(position) })
        }
        return try results.get()
    }
}
