/// The height, width and channel count of an image or activation, stored in NHWC order (channels
/// innermost).
public struct ImageShape: Sendable, Hashable, Codable, CustomStringConvertible {
    public var height: Int
    public var width: Int
    public var channels: Int

    public init(height: Int, width: Int, channels: Int) {
        self.height = height
        self.width = width
        self.channels = channels
    }

    public var pixelCount: Int { height * width }
    public var count: Int { height * width * channels }

    /// The shape in the form `28x28x1`.
    public var description: String { "\(height)x\(width)x\(channels)" }
}
