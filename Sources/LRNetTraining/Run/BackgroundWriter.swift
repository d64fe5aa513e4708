internal import Foundation

/// Writes while training goes on, one thing at a time, on a thread of its own.
///
/// What is written must be a copy that nobody changes any more. An error waits for the next
/// ``wait()``, which every owner calls before the next write and before it says that all is done.
final class BackgroundWriter {
    private final class Outcome: @unchecked Sendable {
        let done = DispatchSemaphore(value: 0)
        var error: (any Error)?
    }

    private var underWay: Outcome?

    /// Begins to write.
    ///
    /// - Precondition: The last write has been waited for.
    func begin(_ write: @escaping @Sendable () throws -> Void) {
        precondition(underWay == nil, "a write begins before the last one's end")
        let outcome = Outcome()
        underWay = outcome
        let thread = Thread {
            do { try write() } catch { outcome.error = error }
            outcome.done.signal()
        }
        thread.name = "lrnet-writer"
        thread.stackSize = 1 << 20
        thread.start()
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
