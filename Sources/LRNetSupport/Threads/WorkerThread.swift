internal import Foundation

/// A thread that performs one task after another. It exists from the start, so that no thread must
/// be created in the middle of a run.
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

    /// - Throws: ``Failure`` (74) if the system cannot create the thread.
    package init(_ name: String, stackByteCount: Int = 1 << 20) throws {
        try SystemThread.start(name, stackByteCount: stackByteCount) { [state] in state.serve() }
    }

    /// Ends the thread after it has performed all tasks.
    deinit {
        state.condition.lock()
        state.isEnding = true
        state.condition.signal()
        state.condition.unlock()
    }

    /// Adds a task, which the thread performs after the tasks added before.
    package func perform(_ task: @escaping @Sendable () -> Void) {
        state.condition.lock()
        state.tasks.append(task)
        state.condition.signal()
        state.condition.unlock()
    }
}
