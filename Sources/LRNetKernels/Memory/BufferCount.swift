internal import Synchronization

/// How many ``FloatBuffer``s and ``DoubleBuffer``s this process has allocated so far.
///
/// For tests and benchmarks, which hold that a training step allocates none once it has run twice.
package enum BufferCount {
    private static let count = Atomic<Int>(0)

    /// Allocations since the process began, on all threads.
    package static var allocations: Int { count.load(ordering: .relaxed) }

    /// Counts one.
    ///
    /// - Returns: Whether its memory will be used, and so must be set to 0.
    static func add(byteCount: Int) -> Bool {
        guard let plan else {
            count.add(1, ordering: .relaxed)
            return true
        }
        plan.byteCount += byteCount
        return false
    }

    // MARK: Plans

    /// What buffers would take: those that are made inside ``planning(_:)`` are counted, and their
    /// memory is never touched, so that the system does not provide it.
    package final class Plan: @unchecked Sendable {
        /// Bytes of all buffers so far.
        package fileprivate(set) var byteCount = 0
    }

    @TaskLocal private static var plan: Plan?

    /// Makes buffers for their sizes only; what they hold is anybody's guess.
    package static func planning<Result>(_ work: (Plan) throws -> Result) rethrows -> Result {
        let plan = Plan()
        return try $plan.withValue(plan) { try work(plan) }
    }
}
