import LRNetKernels

/// The form in which a shard stores an image file.
package enum ImageStorage: Sendable, Equatable {
    /// A JPEG file whose shorter side is at most `shorterSide` pixels.
    ///
    /// Larger images are reduced to it and encoded with quality 90. A file is stored unchanged if
    /// it is a JPEG of at most this size and shows the correct image without its metadata
    /// (upright, not CMYK).
    case encoded(shorterSide: Int)

    /// Pixels of this size. Images of exactly this size are stored unchanged; others are scaled to
    /// cover it, then cropped evenly on both sides.
    ///
    /// One channel stores gray.
    case raw(height: Int, width: Int, channels: Int = 3)

    var encoding: ImageEncoding {
        switch self {
        case .encoded: .encoded
        case .raw: .raw
        }
    }

    /// The channels of the stored pixels; 3 for JPEG files.
    var channels: Int { shape.channels }

    /// The shape in the index.
    var shape: ImageShape {
        switch self {
        case .encoded(let side): ImageShape(height: side, width: side, channels: 3)
        case .raw(let height, let width, let channels):
            ImageShape(height: height, width: width, channels: channels)
        }
    }
}
