package import LRNetKernels

extension ThreadPool {
    /// Returns a pool of `threadCount` threads. Traps if the system cannot create them.
    package static func testing(_ threadCount: Int) -> ThreadPool {
        do { return try ThreadPool(threadCount: threadCount) } catch { fatalError("\(error)") }
    }
}
