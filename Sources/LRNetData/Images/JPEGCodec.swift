import CTurboJPEG

/// A JPEG codec on libturbojpeg; the only importer of that library.
///
/// Both directions use the accurate integer transform, whose result does not depend on the CPU.
/// Equal bytes therefore produce equal pixels with every build of one library version.
package enum JPEGCodec {
    /// The quality of encoded images. Chroma is halved in both directions (4:2:0), as in most
    /// photographs.
    static let quality: Int32 = 90

    /// Decodes an image to red, green and blue, without applying its orientation.
    ///
    /// - Returns: The image, and whether it was stored as CMYK.
    /// - Throws: ``ImageProblem`` for every error and warning of the library, and for more than
    ///   `pixelLimit` pixels.
    package static func decode(
        _ bytes: ArraySlice<UInt8>, pixelLimit: Int
    ) throws -> (image: PixelImage, isCMYK: Bool) {
        guard let handle = tjInitDecompress() else { throw ImageProblem("out of memory") }
        defer { tjDestroy(handle) }
        return try bytes.withUnsafeBufferPointer { source in
            var (width, height, subsampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
            let status = tjDecompressHeader3(
                handle, source.baseAddress, UInt(source.count), &width, &height, &subsampling,
                &space)
            guard status == 0, width > 0, height > 0 else { throw problem(handle) }
            try checkSize(height: Int(height), width: Int(width), limit: pixelLimit)
            let isCMYK = space == Int32(TJCS_CMYK.rawValue) || space == Int32(TJCS_YCCK.rawValue)
            let format = isCMYK ? TJPF_CMYK : TJPF_RGB
            let channels = isCMYK ? 4 : 3
            let byteCount = Int(width) * Int(height) * channels
            var failed = false
            let pixels = [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
                target.initialize(repeating: 0)
                let status = tjDecompress2(
                    handle, source.baseAddress, UInt(source.count), target.baseAddress, width, 0,
                    height, Int32(format.rawValue),
                    TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)
                failed = status != 0
                count = byteCount
            }
            if failed { throw problem(handle) }
            let decoded = isCMYK ? rgb(cmyk: pixels, of: bytes) : pixels
            let image = PixelImage(
                height: Int(height), width: Int(width), channels: 3, pixels: decoded)
            return (image, isCMYK)
        }
    }

    /// Encodes an image of red, green and blue.
    ///
    /// - Precondition: The image has three channels and sides of at most 65,500 pixels.
    package static func encode(_ image: PixelImage) -> [UInt8] {
        precondition(
            image.channels == 3 && max(image.height, image.width) <= 65_500,
            "\(image.height)x\(image.width)x\(image.channels) cannot be encoded as JPEG")
        let handle = tjInitCompress()
        precondition(handle != nil, "tjInitCompress: out of memory")
        defer { tjDestroy(handle) }
        let (width, height) = (Int32(image.width), Int32(image.height))
        let sampling = Int32(TJSAMP_420.rawValue)
        let capacity = Int(tjBufSize(width, height, sampling))
        return [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
            var start = target.baseAddress
            var size = UInt(capacity)
            let status = tjCompress2(
                handle, image.pixels, width, 0, height, Int32(TJPF_RGB.rawValue), &start, &size,
                sampling, quality, TJFLAG_ACCURATEDCT | TJFLAG_NOREALLOC)
            precondition(status == 0, "tjCompress2: \(problem(handle).message)")
            count = Int(size)
        }
    }

    /// Rejects an image that would need too much memory, before any is allocated.
    static func checkSize(height: Int, width: Int, limit: Int) throws {
        guard height * width <= limit else {
            throw ImageProblem(
                "declares \(height)x\(width) pixels, more than --max-pixels \(limit)")
        }
    }

    private static func problem(_ handle: tjhandle?) -> ImageProblem {
        let words = tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown error"
        return ImageProblem("damaged or truncated JPEG: \(words)")
    }

    /// Converts CMYK to red, green and blue without a color profile. Each value is the fraction of
    /// light that the ink and black let through.
    private static func rgb(cmyk: [UInt8], of bytes: ArraySlice<UInt8>) -> [UInt8] {
        let flip: UInt8 = JPEGMetadata(of: bytes).hasAdobeSegment ? 0 : 255
        var pixels: [UInt8] = []
        pixels.reserveCapacity(cmyk.count / 4 * 3)
        for first in stride(from: 0, to: cmyk.count, by: 4) {
            let black = Int(cmyk[first + 3] ^ flip)
            for ink in 0..<3 {
                pixels.append(UInt8((Int(cmyk[first + ink] ^ flip) * black + 127) / 255))
            }
        }
        return pixels
    }
}
