internal import Dispatch
internal import LRNetSupport

/// A writer that writes on its own thread while training continues, one write at a time.
///
/// The data must be a copy that no other code changes. An error is thrown by the next ``wait()``;
/// the owner must call it before the next write and before it reports success.
final class BackgroundWriter {
    private final class Outcome: @unchecked Sendable {
        let done = DispatchSemaphore(value: 0)
        var error: (any Error)?
    }

    private let thread: WorkerThread
    private var pending: Outcome?

    /// - Throws: `Failure` (74) if the system cannot create a thread.
    init() throws { thread = try WorkerThread("lrnet-writer") }

    /// Begins to write.
    ///
    /// - Precondition: The caller has waited for the previous write.
    func begin(_ write: @escaping @Sendable () throws -> Void) {
        precondition(pending == nil, "a write begins before the previous one has ended")
        let outcome = Outcome()
        pending = outcome
        thread.perform {
            do { try write() } catch { outcome.error = error }
            outcome.done.signal()
        }
    }

    /// Waits for the write in progress, if there is one.
    ///
    /// - Throws: The error of the write.
    func wait() throws {
        guard let outcome = pending else { return }
        pending = nil
        outcome.done.wait()
        if let error = outcome.error { throw error }
    }
}
