internal import Synchronization

/// How many ``FloatBuffer``s and ``DoubleBuffer``s this process has allocated so far.
///
/// For tests and benchmarks, which hold that a training step allocates none once it has run twice.
package enum BufferCount {
    private static let count = Atomic<Int>(0)

    /// Allocations since the process began, on all threads.
    package static var allocations: Int { count.load(ordering: .relaxed) }

    /// Counts one.
    static func add() {
        count.add(1, ordering: .relaxed)
    }
}
