internal import LRNetSupport

/// A fixed block of Float32 memory, aligned to 64 bytes (one AVX-512 vector, one cache line).
///
/// Kernels work on ``FloatView``s of it. The buffer is shared by reference and is not locked.
/// Threads that work at the same time must write disjoint ranges. Every caller ensures this by
/// assigning each thread its own leaves or its own panel.
package final class FloatBuffer: @unchecked Sendable {
    /// The number of values.
    package let count: Int

    /// The address of the first value; valid while the buffer exists.
    package let base: UnsafeMutablePointer<Float>

    /// The alignment of the first value, in bytes.
    package static let alignment = BufferMemory.alignment

    private let memory: BufferMemory

    /// Allocates `count` zeros.
    ///
    /// - Precondition: `count` is not negative.
    package init(count: Int) {
        precondition(count >= 0, "FloatBuffer of \(count) values")
        self.count = count
        let byteCount = max(count, 1) * MemoryLayout<Float>.stride
        let isUsed = BufferCount.add(byteCount: byteCount)
        memory = isUsed ? .use(byteCount) : .plan(byteCount)
        base = memory.start.bindMemory(to: Float.self, capacity: max(count, 1))
        if isUsed { base.initialize(repeating: 0, count: max(count, 1)) }
    }

    /// Allocates a copy of `values`.
    package convenience init(_ values: [Float]) {
        self.init(count: values.count)
        all.copy(from: values)
    }

    deinit {
        memory.free()
    }

    /// A view of the whole buffer.
    package var all: FloatView { FloatView(buffer: self, offset: 0, count: count) }

    /// A view of the values in `range`.
    ///
    /// - Precondition: The range is within the buffer.
    package subscript(range: Range<Int>) -> FloatView { all[range] }

    /// The value at `index`.
    ///
    /// - Precondition: The index is within the buffer.
    package subscript(index: Int) -> Float {
        get { all[index] }
        set { all[index] = newValue }
    }
}
