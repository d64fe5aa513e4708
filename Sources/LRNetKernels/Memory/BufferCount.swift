internal import Synchronization

/// The number of ``FloatBuffer``s and ``DoubleBuffer``s that this process has allocated.
///
/// Tests and benchmarks use it to check that a training step allocates none after it has run twice.
package enum BufferCount {
    private static let count = Atomic<Int>(0)

    /// Allocations since the process started, on all threads.
    package static var allocations: Int { count.load(ordering: .relaxed) }

    /// Counts one buffer.
    ///
    /// - Returns: True if the memory will be used and so must be set to 0; false inside
    ///   ``planning(_:)``.
    static func add(byteCount: Int) -> Bool {
        guard let plan else {
            count.add(1, ordering: .relaxed)
            return true
        }
        plan.byteCount += byteCount
        return false
    }

    // MARK: Plans

    /// The memory that the buffers created inside ``planning(_:)`` would need. That memory is never
    /// touched, so the system does not provide it.
    package final class Plan: @unchecked Sendable {
        /// The bytes of all buffers so far.
        package fileprivate(set) var byteCount = 0
    }

    @TaskLocal private static var plan: Plan?

    /// Runs `work` in order to measure its buffers. Their contents are undefined.
    package static func planning<Result>(_ work: (Plan) throws -> Result) rethrows -> Result {
        let plan = Plan()
        return try $plan.withValue(plan) { try work(plan) }
    }
}
