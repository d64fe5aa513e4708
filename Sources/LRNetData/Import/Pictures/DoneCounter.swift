import Foundation

/// Counts what threads have done and tells it on, one call at a time.
final class DoneCounter: @unchecked Sendable {
    private let lock = NSLock()
    private let total: Int
    private let progress: @Sendable (Int, Int) -> Void
    private var done = 0

    init(total: Int, _ progress: @escaping @Sendable (Int, Int) -> Void) {
        self.total = total
        self.progress = progress
    }

    func add(_ count: Int) {
        lock.withLock {
            done += count
            progress(done, total)
        }
    }
}
