/// Height, width and channels of one image or activation, laid out NHWC (channels innermost).
public struct ImageShape: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Rows.
    public var height: Int

    /// Columns.
    public var width: Int

    /// Channels of one pixel.
    public var channels: Int

    /// Creates a shape.
    public init(height: Int, width: Int, channels: Int) {
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// The number of pixels.
    public var pixelCount: Int { height * width }

    /// The number of values: `height * width * channels`.
    public var count: Int { height * width * channels }

    /// `28x28x1`.
    public var description: String { "\(height)x\(width)x\(channels)" }
}
