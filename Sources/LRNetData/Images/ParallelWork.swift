import Foundation
import LRNetKernels

/// Work on many items side by side, with results in order.
enum ParallelWork {
    /// What several threads fill.
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
                guard let value else { preconditionFailure("an item was not worked on") }
                return try value.get()
            }
        }
    }

    /// The results of `body` for `0 ..< count`, in order.
    ///
    /// - Throws: What `body` threw for the first item for which it threw.
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
