/// Sums of byte images that are not products.
package enum ByteSums {
    /// Adds an image: `y = clip(y - zero point + x - zero point of x, 0, 255)`.
    ///
    /// - Parameters:
    ///   - stride: The distance of the pixels of `x` that are added.
    ///   - x: It may have fewer channels than `y`; the others are 0.
    package static func add(
        _ x: ByteImage, zeroPoint other: Int16, stride: Int = 1, to y: ByteImage,
        zeroPoint: Int16
    ) {
        let channels = min(x.shape.channels, y.shape.channels)
        precondition(
            (x.shape.height + stride - 1) / stride == y.shape.height
                && (x.shape.width + stride - 1) / stride == y.shape.width,
            "\(x.shape) to \(y.shape)")
        for row in 0..<y.shape.height {
            for column in 0..<y.shape.width {
                let source = x.address(row: row * stride, column: column * stride)
                let target = y.address(row: row, column: column)
                for channel in 0..<channels {
                    let sum =
                        Int16(target[channel]) &+ Int16(source[channel]) &- zeroPoint &- other
                    target[channel] = UInt8(truncatingIfNeeded: min(max(sum, 0), 255))
                }
                for channel in channels..<y.shape.channels {
                    let value = Int16(target[channel]) &- zeroPoint
                    target[channel] = UInt8(truncatingIfNeeded: min(max(value, 0), 255))
                }
            }
        }
    }

    /// Returns the sums over all pixels of each channel.
    package static func channels(_ image: ByteImage) -> [Int32] {
        var sums = [Int32](repeating: 0, count: image.shape.channels)
        sums.withUnsafeMutableBufferPointer { sums in
            for row in 0..<image.shape.height {
                for column in 0..<image.shape.width {
                    let source = image.address(row: row, column: column)
                    for channel in 0..<sums.count { sums[channel] &+= Int32(source[channel]) }
                }
            }
        }
        return sums
    }
}
