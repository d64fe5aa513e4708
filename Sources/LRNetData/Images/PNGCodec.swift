import CPNG

/// A PNG codec on libpng's simplified API, which never jumps across Swift frames; the only importer
/// of that library.
package enum PNGCodec {
    /// Decodes an image to red, green and blue, 8 bits each. Transparent pixels are blended onto
    /// white.
    ///
    /// - Throws: ``ImageProblem`` for damage, and for more than `pixelLimit` pixels.
    package static func decode(_ bytes: ArraySlice<UInt8>, pixelLimit: Int) throws -> PixelImage {
        try bytes.withUnsafeBytes { source in
            var image = png_image()
            image.version = UInt32(PNG_IMAGE_VERSION)
            defer { png_image_free(&image) }
            guard
                png_image_begin_read_from_memory(&image, source.baseAddress, source.count) != 0
            else { throw problem(image) }
            let (height, width) = (Int(image.height), Int(image.width))
            try JPEGCodec.checkSize(height: height, width: width, limit: pixelLimit)
            image.format = UInt32(PNG_FORMAT_RGB)
            // Otherwise 16-bit values without a declared gamma would be interpreted as linear.
            image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
            var white = png_color(red: 255, green: 255, blue: 255)
            var pixels = [UInt8](repeating: 0, count: height * width * 3)
            guard png_image_finish_read(&image, &white, &pixels, 0, nil) != 0 else {
                throw problem(image)
            }
            return PixelImage(height: height, width: width, channels: 3, pixels: pixels)
        }
    }

    /// Returns the orientation, 1 (upright) to 8, from the `eXIf` chunk or else from ImageMagick's
    /// profile, or 1 if there is neither. Both may come before or after the pixels.
    static func orientation(of bytes: ArraySlice<UInt8>) -> Int {
        var orientation = 1
        var position = bytes.startIndex + 8
        while position + 12 <= bytes.endIndex {
            let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            let content = position + 8
            guard length <= bytes.endIndex - content - 4 else { break }
            let kind = bytes[position + 4..<content]
            let data = bytes[content..<content + length]
            if kind.elementsEqual("eXIf".utf8) { return ExifOrientation.read(data) ?? 1 }
            if let profile = PNGProfile.exif(kind: kind, data) {
                orientation = ExifOrientation.read(profile[...]) ?? orientation
            }
            position = content + length + 4
        }
        return orientation
    }

    /// Encodes an image of one channel (gray) or three (red, green, blue).
    ///
    /// - Precondition: The image has one or three channels.
    package static func encode(_ picture: PixelImage) -> [UInt8] {
        precondition(
            picture.channels == 1 || picture.channels == 3, "PNG of \(picture.channels) channels")
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        image.width = UInt32(picture.width)
        image.height = UInt32(picture.height)
        image.format = picture.channels == 1 ? UInt32(PNG_FORMAT_GRAY) : UInt32(PNG_FORMAT_RGB)
        // The first call computes the size, the second writes the bytes.
        var size = 0
        let measured = png_image_write_to_memory(&image, nil, &size, 0, picture.pixels, 0, nil)
        precondition(measured != 0, "png_image_write_to_memory: \(problem(image).message)")
        var bytes = [UInt8](repeating: 0, count: size)
        let written = png_image_write_to_memory(&image, &bytes, &size, 0, picture.pixels, 0, nil)
        precondition(written != 0, "png_image_write_to_memory: \(problem(image).message)")
        return Array(bytes.prefix(size))
    }

    private static func problem(_ image: png_image) -> ImageProblem {
        let words = withUnsafeBytes(of: image.message) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return ImageProblem("damaged or truncated PNG: \(words)")
    }
}
