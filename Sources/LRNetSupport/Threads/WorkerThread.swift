internal import Foundation

/// A thread that is there from the start, so that none need be made in the middle of the work; does one task
/// after the other.
package final class WorkerThread: Sendable {
    private final class State: @unchecked Sendable {
        let condition = NSCondition()
        var tasks: [@Sendable () -> Void] = []
        var isEnding = false

        func serve() {
            while true {
                condition.lock()
                while tasks.isEmpty && !isEnding { condition.wait() }
                let task = tasks.isEmpty ? nil : tasks.removeFirst()
                condition.unlock()
                guard let task else { return }
                task()
            }
        }
    }

    private let state = State()

    /// Starts the thread.
    ///
    /// - Throws: ``Failure`` (74) if the system makes none.
    package init(_ name: String, stackByteCount: Int = 1 << 20) throws {
        try SystemThread.start(name, stackByteCount: stackByteCount) { [state] in state.serve() }
    }

    /// Ends the thread once it has done all tasks.
    deinit {
        state.condition.lock()
        state.isEnding = true
        state.condition.signal()
        state.condition.unlock()
    }

    /// Has the thread do a task, after those that it was given before.
    package func perform(_ task: @escaping @Sendable () -> Void) {
        state.condition.lock()
        state.tasks.append(task)
        state.condition.signal()
        state.condition.unlock()
    }
}
