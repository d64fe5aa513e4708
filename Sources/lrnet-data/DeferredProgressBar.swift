import LRNetSupport
import Synchronization

/// A progress bar that appears when the total is known. Calls may come from any thread.
final class DeferredProgressBar: Sendable {
    private let title: String
    private let unit: String
    private let bar = Mutex<ProgressBar?>(nil)

    init(_ title: String, unit: String) {
        self.title = title
        self.unit = unit
    }

    func update(done: Int, total: Int) {
        bar.withLock { bar in
            let current = bar ?? ProgressBar(title, total: total, unit: unit)
            bar = current
            current.update(done: done)
        }
    }

    func finish() {
        bar.withLock { $0?.finish() }
    }
}
