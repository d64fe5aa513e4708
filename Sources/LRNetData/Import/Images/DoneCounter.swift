import Synchronization

/// Counts the work done by several threads and reports progress, one call at a time.
final class DoneCounter: Sendable {
    private let total: Int
    private let progress: @Sendable (Int, Int) -> Void
    private let done = Mutex(0)

    init(total: Int, _ progress: @escaping @Sendable (Int, Int) -> Void) {
        self.total = total
        self.progress = progress
    }

    func add(_ count: Int) {
        done.withLock { done in
            done += count
            progress(done, total)
        }
    }
}
