internal import Foundation
internal import LRNetSupport

/// The memory of a buffer.
struct BufferMemory {
    let start: UnsafeMutableRawPointer
    private let byteCount: Int
    private let isMapped: Bool

    /// Of a vector, and of a cache line.
    static let alignment = 64

    /// Bytes of a large page, where the system has any.
    private static let pageByteCount = 2 << 20

    /// Allocates memory, of large pages if it is as large as two: kernels that walk 36 planes at a
    /// time would else spend their time looking up pages (5 % of a ResNet step).
    static func use(_ byteCount: Int) -> BufferMemory {
        let isLarge = byteCount >= 2 * pageByteCount
        var start: UnsafeMutableRawPointer?
        let code = posix_memalign(&start, isLarge ? pageByteCount : alignment, byteCount)
        guard code == 0, let start else { lack(byteCount) }
        #if os(Linux)
            // Advice only; where it is not taken nothing changes but speed.
            if isLarge { _ = madvise(start, byteCount, MADV_HUGEPAGE) }
        #endif
        return BufferMemory(start: start, byteCount: byteCount, isMapped: false)
    }

    /// Addresses without memory, which may be more than the machine has.
    static func plan(_ byteCount: Int) -> BufferMemory {
        guard byteCount >= 2 * pageByteCount else { return use(byteCount) }
        let start = mmap(
            nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
            -1, 0)
        guard let start, start != MAP_FAILED else { lack(byteCount) }
        return BufferMemory(start: start, byteCount: byteCount, isMapped: true)
    }

    func free() {
        if isMapped { munmap(start, byteCount) } else { Foundation.free(start) }
    }

    /// Ends the process: nothing that computes can go on without its memory.
    private static func lack(_ byteCount: Int) -> Never {
        Console.complain(
            "memory: the system does not give \(max(byteCount >> 20, 1)) MiB more; lower "
                + "training.globalBatch, training.microBatch or network.width, use more ranks, or "
                + "raise the limit (ulimit -v)\n")
        _exit(ExitStatus.inputOutput.rawValue)
    }
}
