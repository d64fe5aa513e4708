import LRNetKernels

/// What becomes of a picture's file in a shard.
package enum ImageStorage: Sendable, Equatable {
    /// A JPEG file whose shorter side is at most this.
    ///
    /// Larger pictures are reduced to it and encoded with quality 90. A file is stored as it is if it
    /// is a JPEG that small and shows the right picture without its metadata (upright, no CMYK).
    case encoded(shorterSide: Int)

    /// Pixels of this size. Pictures of exactly this size are stored as they are;
    /// others are scaled to cover it, then cut evenly on both sides.
    ///
    /// One channel stores gray.
    case raw(height: Int, width: Int, channels: Int = 3)

    var encoding: ImageEncoding {
        switch self {
        case .encoded: .encoded
        case .raw: .raw
        }
    }

    /// Of the stored pixels; those of JPEG files have three.
    var channels: Int { shape.channels }

    /// The shape that the index names.
    var shape: ImageShape {
        switch self {
        case .encoded(let side): ImageShape(height: side, width: side, channels: 3)
        case .raw(let height, let width, let channels):
            ImageShape(height: height, width: width, channels: channels)
        }
    }
}
