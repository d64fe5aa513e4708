internal import Foundation
internal import LRNetSupport

/// The memory of a buffer: allocated, or only reserved for planning.
struct BufferMemory {
    let start: UnsafeMutableRawPointer
    private let byteCount: Int
    private let isMapped: Bool

    /// The size of a vector and of a cache line, in bytes.
    static let alignment = 64

    /// The size of a huge page, in bytes, on systems that have them.
    private static let pageByteCount = 2 << 20

    /// Allocates memory, in huge pages if it is at least as large as two of them. Kernels that
    /// iterate over 36 planes at a time would otherwise spend time on page lookups (5 % of a ResNet
    /// step).
    static func use(_ byteCount: Int) -> BufferMemory {
        let isLarge = byteCount >= 2 * pageByteCount
        var start: UnsafeMutableRawPointer?
        let code = posix_memalign(&start, isLarge ? pageByteCount : alignment, byteCount)
        guard code == 0, let start else { failAllocation(of: byteCount) }
        #if os(Linux)
            // This is only advice. If the system ignores it, only the speed changes.
            if isLarge { _ = madvise(start, byteCount, MADV_HUGEPAGE) }
        #endif
        return BufferMemory(start: start, byteCount: byteCount, isMapped: false)
    }

    /// Reserves addresses without memory. Their number may exceed the machine's memory.
    static func plan(_ byteCount: Int) -> BufferMemory {
        guard byteCount >= 2 * pageByteCount else { return use(byteCount) }
        let start = mmap(
            nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
            -1, 0)
        guard let start, start != MAP_FAILED else { failAllocation(of: byteCount) }
        return BufferMemory(start: start, byteCount: byteCount, isMapped: true)
    }

    func free() {
        if isMapped { munmap(start, byteCount) } else { Foundation.free(start) }
    }

    /// Reports the failure and ends the process, because no computation can continue without its
    /// memory.
    private static func failAllocation(of byteCount: Int) -> Never {
        Console.printError(
            "memory: the system cannot provide \(max(byteCount >> 20, 1)) MiB more; lower "
                + "training.globalBatch, training.microBatch or network.width, use more ranks, or "
                + "raise the limit (ulimit -v)\n")
        _exit(ExitStatus.inputOutput.rawValue)
    }
}
