internal import Dispatch
internal import LRNetSupport

/// Writes while training goes on, one thing at a time, on a thread of its own.
///
/// What is written must be a copy that nobody changes any more. An error waits for the next
/// ``wait()``, which every owner calls before the next write and before it says that all is done.
final class BackgroundWriter {
    private final class Outcome: @unchecked Sendable {
        let done = DispatchSemaphore(value: 0)
        var error: (any Error)?
    }

    private let thread: WorkerThread
    private var underWay: Outcome?

    /// - Throws: `Failure` (74) if the system makes no further thread.
    init() throws { thread = try WorkerThread("lrnet-writer") }

    /// Begins to write.
    ///
    /// - Precondition: The last write has been waited for.
    func begin(_ write: @escaping @Sendable () throws -> Void) {
        precondition(underWay == nil, "a write begins before the last one's end")
        let outcome = Outcome()
        underWay = outcome
        thread.perform {
            do { try write() } catch { outcome.error = error }
            outcome.done.signal()
        }
    }

    /// Returns when nothing is being written.
    ///
    /// - Throws: What the write threw.
    func wait() throws {
        guard let outcome = underWay else { return }
        underWay = nil
        outcome.done.wait()
        if let error = outcome.error { throw error }
    }
}
