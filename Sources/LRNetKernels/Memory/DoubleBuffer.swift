internal import LRNetSupport

/// A fixed block of Float64 memory for statistics. Several threads may fill it at the same time,
/// each in its own range.
package final class DoubleBuffer: @unchecked Sendable {
    /// The number of values.
    package let count: Int

    /// The address of the first value; valid while the buffer exists.
    package let base: UnsafeMutablePointer<Double>

    private let memory: BufferMemory

    /// Allocates `count` zeros.
    package init(count: Int) {
        precondition(count >= 0, "DoubleBuffer of \(count) values")
        self.count = count
        let byteCount = max(count, 1) * MemoryLayout<Double>.stride
        let isUsed = BufferCount.add(byteCount: byteCount)
        memory = isUsed ? .use(byteCount) : .plan(byteCount)
        base = memory.start.bindMemory(to: Double.self, capacity: max(count, 1))
        if isUsed { base.initialize(repeating: 0, count: max(count, 1)) }
    }

    deinit {
        memory.free()
    }

    /// The value at an index.
    ///
    /// - Precondition: The index is in `0 ..< count`.
    package subscript(index: Int) -> Double {
        get {
            precondition(index >= 0 && index < count, "value \(index) of \(count)")
            return base[index]
        }
        set {
            precondition(index >= 0 && index < count, "value \(index) of \(count)")
            base[index] = newValue
        }
    }

    /// Returns the first `count` values as an array.
    ///
    /// - Precondition: The buffer has at least `count` values.
    package func prefix(_ count: Int) -> [Double] {
        precondition(count >= 0 && count <= self.count, "\(count) of \(self.count) values")
        return Array(UnsafeBufferPointer(start: base, count: count))
    }
}
