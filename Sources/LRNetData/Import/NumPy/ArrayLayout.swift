import LRNetKernels

/// The order of the four dimensions of an image array.
package enum ArrayLayout: String, Sendable, CaseIterable {
    /// Channels last, as in TensorFlow and NumPy programs.
    case nhwc
    /// Channels first, as in PyTorch.
    case nchw

    /// The maximum number of channels of an image.
    static let channelLimit = 16

    /// Returns the shape of an image.
    func shape(_ extents: [Int]) -> ImageShape {
        switch self {
        case .nhwc: ImageShape(height: extents[1], width: extents[2], channels: extents[3])
        case .nchw: ImageShape(height: extents[2], width: extents[3], channels: extents[1])
        }
    }

    /// Returns the layout of an array's extents; `nil` if it is ambiguous.
    static func unambiguous(_ extents: [Int]) -> ArrayLayout? {
        let (second, last) = (extents[1], extents[3])
        // No image is that low, and none has more channels.
        let isLast = last <= 4 && second > 4 || last <= channelLimit && second > channelLimit
        return isLast ? .nhwc : nil
    }

    /// Returns the message for a shape that fits both layouts.
    static func ambiguityMessage(_ extents: [Int]) -> String {
        extents[3] > channelLimit
            ? "has shape \(extents), whose last extent is too large for channels (16 at most); if it "
                + "is N, channels, height, width, add --layout nchw"
            : "has shape \(extents), which may be N, channels, height, width or N, height, width, "
                + "channels; add --layout nchw or --layout nhwc"
    }

    /// Returns the pixels with channels innermost.
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
