internal import Synchronization

/// Words of 64 bits that threads, or the processes of one machine, share without locks.
package final class AtomicWords: @unchecked Sendable {
    /// The number of words.
    package let count: Int

    private let start: UnsafeMutablePointer<Atomic<UInt64>>
    private let ownMemory: UnsafeMutableRawPointer?

    /// Uses memory that other processes share. The caller keeps it valid.
    ///
    /// - Parameter memory: `count` aligned words.
    package init(shared memory: UnsafeMutableRawPointer, count: Int) {
        self.count = count
        start = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
        ownMemory = nil
    }

    /// Allocates zeros for one process.
    package init(count: Int) {
        self.count = count
        let bytes = max(count, 1) * MemoryLayout<UInt64>.stride
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: bytes, alignment: MemoryLayout<UInt64>.alignment)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        start = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
        ownMemory = memory
    }

    deinit { ownMemory?.deallocate() }

    /// The word at `index`.
    package subscript(index: Int) -> UInt64 {
        get {
            check(index)
            return start[index].load(ordering: .acquiring)
        }
        set {
            check(index)
            start[index].store(newValue, ordering: .releasing)
        }
    }

    /// Replaces a word if it has the expected value.
    ///
    /// - Returns: True if this call replaced it.
    package func replace(at index: Int, _ expected: UInt64, by new: UInt64) -> Bool {
        check(index)
        return start[index].compareExchange(
            expected: expected, desired: new, ordering: .acquiringAndReleasing
        ).exchanged
    }

    private func check(_ index: Int) {
        precondition(index >= 0 && index < count, "word \(index) of \(count)")
    }
}
