internal import LRNetSupport

/// A fixed block of bytes, aligned to 64 bytes. Kernels may read up to ``slack`` bytes after its
/// last byte.
///
/// Threads that work at the same time must write disjoint ranges.
package final class ByteBuffer: @unchecked Sendable {
    /// The number of bytes.
    package let count: Int

    let base: UnsafeMutablePointer<UInt8>

    /// The number of readable bytes after the last one.
    static let slack = 64

    private let memory: BufferMemory

    /// Allocates `count` bytes of `value`.
    ///
    /// - Precondition: `count` is not negative.
    package init(count: Int, value: UInt8 = 0) {
        precondition(count >= 0, "ByteBuffer of \(count) bytes")
        self.count = count
        let byteCount = count + Self.slack
        let isUsed = BufferCount.add(byteCount: byteCount)
        memory = isUsed ? .use(byteCount) : .plan(byteCount)
        base = memory.start.bindMemory(to: UInt8.self, capacity: byteCount)
        if isUsed { base.initialize(repeating: value, count: byteCount) }
    }

    deinit {
        memory.free()
    }
}
