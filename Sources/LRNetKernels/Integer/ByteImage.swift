/// An image of bytes with padding around it: the input and output of integer layers.
///
/// The bytes are NHWC; a row of the image is contiguous, and so is the whole image if there is no
/// padding. Kernels write only inside the image, so the padding keeps its value.
package struct ByteImage: Sendable {
    package let shape: ImageShape
    package let padding: Padding

    /// The distance between the first bytes of two rows.
    let rowStride: Int

    private let buffer: ByteBuffer

    /// Allocates an image.
    ///
    /// - Parameter value: The value of all bytes and of the padding.
    package init(_ shape: ImageShape, padding: Padding, value: UInt8) {
        self.shape = shape
        self.padding = padding
        rowStride = (shape.width + padding.left + padding.right) * shape.channels
        let height = shape.height + padding.top + padding.bottom
        buffer = ByteBuffer(count: height * rowStride, value: value)
    }

    private init(_ shape: ImageShape, _ buffer: ByteBuffer) {
        self.shape = shape
        padding = .none
        rowStride = shape.width * shape.channels
        self.buffer = buffer
    }

    /// Returns the same bytes with another shape.
    ///
    /// - Precondition: The image has no padding, and the counts agree.
    package func reshaped(_ other: ImageShape) -> ByteImage {
        precondition(padding == .none && other.count == shape.count, "\(shape) as \(other)")
        return ByteImage(other, buffer)
    }

    /// Returns the address of a pixel, which may be in the padding.
    @inline(__always)
    func address(row: Int, column: Int) -> UnsafeMutablePointer<UInt8> {
        buffer.base
            + ((row &+ padding.top) &* rowStride &+ (column &+ padding.left) &* shape.channels)
    }

    /// Overwrites the image.
    ///
    /// - Parameter values: `[height][width][channels]`
    package func store(_ values: [UInt8]) {
        precondition(values.count == shape.count, "\(values.count) bytes for \(shape)")
        let width = shape.width * shape.channels
        values.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            for row in 0..<shape.height {
                address(row: row, column: 0).update(from: start + row * width, count: width)
            }
        }
    }

    /// A copy of the image without its padding, `[height][width][channels]`.
    package var values: [UInt8] {
        let width = shape.width * shape.channels
        return (0..<shape.height).flatMap { row in
            UnsafeBufferPointer(start: address(row: row, column: 0), count: width)
        }
    }
}
