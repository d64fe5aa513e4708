/// An image of bytes: rows from the top, pixels from the left, channels innermost.
package struct PixelImage: Sendable, Equatable {
    package let height: Int

    /// The number of pixels per row.
    package let width: Int

    /// The number of values per pixel: 1 (gray) or 3 (red, green, blue).
    package let channels: Int

    /// The values, `[height, width, channels]`.
    package var pixels: [UInt8]

    /// - Precondition: There are `height * width * channels` values.
    package init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
        precondition(
            height > 0 && width > 0 && channels > 0 && pixels.count == height * width * channels,
            "\(pixels.count) values for \(height)x\(width)x\(channels)")
        self.height = height
        self.width = width
        self.channels = channels
        self.pixels = pixels
    }
}
