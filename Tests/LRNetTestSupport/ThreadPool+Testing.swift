package import LRNetKernels

extension ThreadPool {
    /// A pool where the system makes as many threads.
    package static func testing(_ threadCount: Int) -> ThreadPool {
        do { return try ThreadPool(threadCount: threadCount) } catch { fatalError("\(error)") }
    }
}
