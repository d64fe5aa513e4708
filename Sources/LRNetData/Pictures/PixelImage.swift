/// A picture of bytes: rows from the top, pixels from the left, channels innermost.
public struct PixelImage: Sendable, Equatable {
    /// The number of rows.
    public let height: Int

    /// The number of pixels in a row.
    public let width: Int

    /// The number of values of a pixel: 1 (grey) or 3 (red, green, blue).
    public let channels: Int

    /// The values, `[height, width, channels]`.
    public var pixels: [UInt8]

    /// Creates a picture.
    ///
    /// - Precondition: There are `height * width * channels` values.
    public init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
        precondition(
            height > 0 && width > 0 && channels > 0 && pixels.count == height * width * channels,
            "\(pixels.count) values for \(height)x\(width)x\(channels)")
        self.height = height
        self.width = width
        self.channels = channels
        self.pixels = pixels
    }
}
