import Foundation
import LRNetSupport

/// A progress bar that appears when the total is known; calls may come from any thread.
final class LazyBar: @unchecked Sendable {
    private let lock = NSLock()
    private let title: String
    private let unit: String
    private var bar: ProgressBar?

    init(_ title: String, unit: String) {
        self.title = title
        self.unit = unit
    }

    func update(done: Int, total: Int) {
        lock.withLock {
            let current = bar ?? ProgressBar(title, total: total, unit: unit)
            bar = current
            current.update(done: done)
        }
    }

    func finish() {
        lock.withLock { bar?.finish() }
    }
}
