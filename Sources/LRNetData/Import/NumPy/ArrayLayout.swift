import LRNetKernels

/// The order of an array's four extents.
package enum ArrayLayout: String, Sendable, CaseIterable {
    /// Channels last, as TensorFlow and NumPy programs have them.
    case nhwc
    /// Channels first, as PyTorch has them.
    case nchw

    /// The most channels that pictures have here.
    static let channelLimit = 16

    /// The shape of a picture.
    func shape(_ extents: [Int]) -> ImageShape {
        switch self {
        case .nhwc: ImageShape(height: extents[1], width: extents[2], channels: extents[3])
        case .nchw: ImageShape(height: extents[2], width: extents[3], channels: extents[1])
        }
    }

    /// The order that extents can only have; `nil` where it may be either.
    static func certain(_ extents: [Int]) -> ArrayLayout? {
        let (second, last) = (extents[1], extents[3])
        // No picture is that low, and none has more channels than that.
        let isLast = last <= 4 && second > 4 || last <= channelLimit && second > channelLimit
        return isLast ? .nhwc : nil
    }

    /// The message for a shape that fits both layouts.
    static func question(_ extents: [Int]) -> String {
        extents[3] > channelLimit
            ? "has shape \(extents), whose last extent is too large for channels (16 at most); if it "
                + "is N, channels, height, width, add --layout nchw"
            : "has shape \(extents), which may be N, channels, height, width or N, height, width, "
                + "channels; add --layout nchw or --layout nhwc"
    }

    /// Pixels with channels innermost.
    func interleaved(_ pixels: ArraySlice<UInt8>, _ shape: ImageShape) -> [UInt8] {
        guard self == .nchw, shape.channels > 1 else { return Array(pixels) }
        var result = [UInt8](repeating: 0, count: pixels.count)
        let pixelCount = shape.pixelCount
        for image in stride(from: 0, to: pixels.count, by: shape.count) {
            for channel in 0..<shape.channels {
                let source = pixels.startIndex + image + channel * pixelCount
                for pixel in 0..<pixelCount {
                    result[image + pixel * shape.channels + channel] = pixels[source + pixel]
                }
            }
        }
        return result
    }
}
