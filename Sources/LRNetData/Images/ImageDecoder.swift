/// Decodes image files to upright red, green and blue pixels.
package struct ImageDecoder: Sendable {
    /// The maximum number of pixels that an image may declare. Without it, a file of a few
    /// kilobytes could request gigabytes of memory.
    package let pixelLimit: Int

    package static let defaultPixelLimit = 100_000_000

    package init(pixelLimit: Int = Self.defaultPixelLimit) {
        self.pixelLimit = pixelLimit
    }

    /// A decoded image.
    package struct Picture {
        /// The upright pixels, in three channels.
        package var image: PixelImage

        /// True if decoding the file without reading its metadata produces the same pixels. The
        /// file can then be stored unchanged.
        package var isPlainJPEG: Bool
    }

    /// Decodes a JPEG or PNG file, regardless of its name.
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
