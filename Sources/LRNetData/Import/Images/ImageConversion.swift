import LRNetSupport

/// Converts one image file to the form that a shard stores.
struct ImageConversion {
    /// The storage format.
    let storage: ImageStorage

    let decoder: ImageDecoder

    /// A converted image.
    struct Converted {
        /// The stored bytes: pixels or a JPEG file.
        let bytes: [UInt8]

        /// The statistics of the stored image's pixels.
        let statistics: PixelStatistics

        /// True if the stored image differs in size from the file.
        let isResized: Bool
    }

    /// The maximum size of a file in bytes.
    static let fileByteLimit = 256 << 20

    /// Reads and converts a file.
    ///
    /// - Throws: ``ImageProblem``, also if the file cannot be read.
    func convert(fileAt path: String) throws -> Converted {
        let bytes: [UInt8]
        do {
            let byteCount = try FileBytes.byteCount(ofFileAt: path)
            guard byteCount <= Self.fileByteLimit else {
                throw ImageProblem("has \(byteCount) bytes, more than \(Self.fileByteLimit)")
            }
            bytes = try FileBytes.read(path)
        } catch let failure as Failure {
            throw ImageProblem("\(failure.call): \(failure.message)")
        }
        return try convert(bytes)
    }

    /// Converts the bytes of a file.
    ///
    /// - Throws: ``ImageProblem``.
    func convert(_ bytes: [UInt8]) throws -> Converted {
        let decoded = try decoder.decode(bytes[...])
        let image = storage.channels == 1 ? decoded.image.gray : decoded.image
        switch storage {
        case .raw(let height, let width, _):
            let stored = image.covering(height: height, width: width)
            return converted(
                stored.pixels, of: stored,
                isResized: image.height != height || image.width != width)
        case .encoded(let side):
            let isSmall = min(image.height, image.width) <= side
            if isSmall && decoded.isPlainJPEG {
                return converted(bytes, of: image, isResized: false)
            }
            let reduced = image.reduced(toShorterSide: side)
            guard max(reduced.height, reduced.width) <= 65_500 else {
                throw ImageProblem("has \(image.height)x\(image.width) pixels, too long for JPEG")
            }
            let file = JPEGCodec.encode(reduced)
            // Readers will decode the encoded image, so use its pixels for the statistics.
            let stored = try JPEGCodec.decode(file[...], pixelLimit: .max).image
            return converted(file, of: stored, isResized: !isSmall)
        }
    }

    private func converted(
        _ bytes: [UInt8], of image: PixelImage, isResized: Bool
    ) -> Converted {
        var statistics = PixelStatistics(channels: image.channels)
        statistics.add(image.pixels)
        return Converted(bytes: bytes, statistics: statistics, isResized: isResized)
    }
}
