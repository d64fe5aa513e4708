internal import CVectorMath

/// Maximum pooling of bytes over the values inside the image.
package enum BytePooling {
    /// Computes an image.
    ///
    /// - Precondition: The shapes are those of the geometry.
    package static func maximum(
        _ input: ByteImage, _ geometry: PatchGeometry, into output: ByteImage
    ) {
        let channels = geometry.input.channels
        precondition(
            input.shape == geometry.input && output.shape.channels == channels
                && output.shape.height == geometry.outputHeight
                && output.shape.width == geometry.outputWidth,
            "\(input.shape) to \(output.shape)")
        for row in 0..<output.shape.height {
            let top = row * geometry.stride - geometry.padding.top
            let rows = max(top, 0)..<min(top + geometry.window, input.shape.height)
            for column in 0..<output.shape.width {
                let left = column * geometry.stride - geometry.padding.left
                let columns = max(left, 0)..<min(left + geometry.window, input.shape.width)
                let target = output.address(row: row, column: column)
                var channel = 0
                while channel < channels {
                    var largest = Integers(repeating: 0)
                    for y in rows {
                        var source = UnsafePointer(
                            input.address(row: y, column: columns.lowerBound) + channel)
                        for _ in columns {
                            largest = lrnet_max_bytes(largest, load(source))
                            source += channels
                        }
                    }
                    lrnet_store_bytes(largest, target + channel, min(channels &- channel, 64))
                    channel &+= 64
                }
            }
        }
    }
}
