import CTurboJPEG

/// JPEG through libturbojpeg: the one importer of that library.
///
/// Both directions use the accurate integer transform, whose result does not depend on the CPU, so
/// that equal bytes give equal pixels with any build of one version of the library.
package enum JPEGCodec {
    /// The quality of pictures that we encode; chroma is halved both ways (4:2:0), as in most
    /// photographs.
    static let quality: Int32 = 90

    /// Decodes a picture to red, green and blue, without turning it.
    ///
    /// - Returns: The picture, and whether it was stored as four inks.
    /// - Throws: ``ImageProblem`` for anything that the library complains about, warnings
    ///   included, and for more than `pixelLimit` pixels.
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

    /// Encodes a picture of red, green and blue.
    ///
    /// - Precondition: The picture has three channels and sides of at most 65,500.
    package static func encode(_ image: PixelImage) -> [UInt8] {
        precondition(
            image.channels == 3 && max(image.height, image.width) <= 65_500,
            "\(image.height)x\(image.width)x\(image.channels) is no picture for JPEG")
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

    /// Refuses what would take too much memory, before any is taken.
    static func checkSize(height: Int, width: Int, limit: Int) throws {
        guard height * width <= limit else {
            throw ImageProblem(
                "says that it has \(height)x\(width) pixels, more than --max-pixels \(limit)")
        }
    }

    private static func problem(_ handle: tjhandle?) -> ImageProblem {
        let words = tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown error"
        return ImageProblem("damaged or truncated JPEG: \(words)")
    }

    /// Red, green and blue of inks, without a colour profile: the share of light that each ink and
    /// black let through.
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
