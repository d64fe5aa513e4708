internal import LRNetSupport

/// A contiguous range of the values of a ``FloatBuffer``; the argument type of every kernel.
///
/// A view is a reference: writing through it writes the buffer. Its bounds are checked when it is
/// created, not while a kernel iterates over it.
package struct FloatView: Sendable {
    /// The buffer that contains the values.
    package let buffer: FloatBuffer

    /// The index of the view's first value in ``buffer``.
    package let offset: Int

    /// The number of values.
    package let count: Int

    init(buffer: FloatBuffer, offset: Int, count: Int) {
        self.buffer = buffer
        self.offset = offset
        self.count = count
    }

    /// The address of the first value, only for kernels and for the wrappers of C libraries.
    package var pointer: UnsafeMutablePointer<Float> { buffer.base + offset }

    /// The part of the view in `range`, relative to the view's start.
    ///
    /// - Precondition: The range is within the view.
    package subscript(range: Range<Int>) -> FloatView {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count,
            "range \(range) is outside a view of \(count) values")
        return FloatView(buffer: buffer, offset: offset + range.lowerBound, count: range.count)
    }

    /// The value at `index`, relative to the view's start.
    ///
    /// - Precondition: The index is within the view.
    package subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count, "index \(index) of \(count) values")
            return pointer[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count, "index \(index) of \(count) values")
            pointer[index] = newValue
        }
    }

    /// A copy of the values.
    package var values: [Float] {
        Array(UnsafeBufferPointer(start: pointer, count: count))
    }

    /// Sets every value to `value`.
    package func fill(_ value: Float) {
        pointer.update(repeating: value, count: count)
    }

    /// Overwrites the view with the values of `source`.
    ///
    /// - Precondition: The counts agree.
    package func copy(from source: FloatView) {
        precondition(source.count == count, "\(source.count) values for a view of \(count)")
        pointer.update(from: source.pointer, count: count)
    }

    /// Overwrites the view with the values of `source`.
    ///
    /// - Precondition: The counts agree.
    package func copy(from source: [Float]) {
        precondition(source.count == count, "\(source.count) values for a view of \(count)")
        source.withUnsafeBufferPointer { values in
            if let start = values.baseAddress { pointer.update(from: start, count: count) }
        }
    }
}
