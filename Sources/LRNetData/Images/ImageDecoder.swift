/// Turns the bytes of a picture's file into upright pixels of red, green and blue.
package struct ImageDecoder: Sendable {
    /// The most pixels that a picture may claim to have: a file of some kilobytes can ask for
    /// gigabytes of memory.
    package let pixelLimit: Int

    package static let defaultPixelLimit = 100_000_000

    /// With the given limit.
    package init(pixelLimit: Int = Self.defaultPixelLimit) {
        self.pixelLimit = pixelLimit
    }

    /// A decoded picture.
    package struct Picture {
        /// The pixels, upright, three channels.
        package var image: PixelImage

        /// Whether decoding the file without looking at its metadata gives the same pixels, so
        /// that the file may be stored as it is.
        package var isPlainJPEG: Bool
    }

    /// Decodes a JPEG or PNG, whatever its name.
    ///
    /// - Throws: ``ImageProblem``.
    package func decode(_ bytes: ArraySlice<UInt8>) throws -> Picture {
        switch try ImageFormat(of: bytes) {
        case .png:
            let image = try PNGCodec.decode(bytes, pixelLimit: pixelLimit)
            let orientation = PNGCodec.orientation(of: bytes)
            return Picture(
                image: image.turned(exifOrientation: orientation), isPlainJPEG: false)
        case .jpeg:
            let (image, isCMYK) = try JPEGCodec.decode(bytes, pixelLimit: pixelLimit)
            let orientation = JPEGMetadata(of: bytes).orientation
            return Picture(
                image: image.turned(exifOrientation: orientation),
                isPlainJPEG: orientation == 1 && !isCMYK)
        }
    }
}
