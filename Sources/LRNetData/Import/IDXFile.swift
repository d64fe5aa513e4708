import LRNetKernels
import LRNetSupport

/// The IDX format of MNIST and similar sets: big-endian 32-bit words, then bytes.
///
///     images: 2051, count, rows, columns, then count * rows * columns pixels
///     labels: 2049, count, then count labels
///
/// - Source: LeCun, Cortes, Burges, *The MNIST database*, "File formats".
enum IDXFile {
    static let imagesMagic = 2051
    static let labelsMagic = 2049

    /// The images of a plain or gzip file.
    struct Images {
        let path: String
        let shape: ImageShape
        let count: Int
        var pixels: [UInt8]

        /// The images with rows and columns swapped.
        var transposed: Images {
            var result = Images(
                path: path,
                shape: ImageShape(height: shape.width, width: shape.height, channels: 1),
                count: count, pixels: pixels)
            for start in stride(from: 0, to: pixels.count, by: shape.count) {
                for row in 0..<shape.height {
                    for column in 0..<shape.width {
                        result.pixels[start + column * shape.height + row] =
                            pixels[start + row * shape.width + column]
                    }
                }
            }
            return result
        }
    }

    /// The labels of a plain or gzip file.
    struct Labels {
        let path: String
        let values: [UInt8]
    }

    /// Reads images.
    ///
    /// - Throws: ``Failure`` (65) for anything that is not exactly this format, or another
    ///   ``Failure`` if the file is missing or cannot be read.
    static func images(_ path: String) throws -> Images {
        let bytes = try Gzip.read(path)
        let header = try header(bytes, path, magic: imagesMagic, words: 4, kind: "images")
        let shape = ImageShape(height: header[2], width: header[3], channels: 1)
        guard shape.height > 0, shape.width > 0, shape.height <= 4096, shape.width <= 4096 else {
            throw FailureSite("IDX", path).badData(
                "impossible image size \(shape.height)x\(shape.width); get the file again")
        }
        let pixels = try body(
            bytes, path, from: 16, byteCount: header[1] * shape.count,
            what: "\(header[1]) images of \(shape.height)x\(shape.width)")
        return Images(path: path, shape: shape, count: header[1], pixels: pixels)
    }

    /// Reads labels.
    ///
    /// - Throws: Same as ``images(_:)``.
    static func labels(_ path: String) throws -> Labels {
        let bytes = try Gzip.read(path)
        let header = try header(bytes, path, magic: labelsMagic, words: 2, kind: "labels")
        let values = try body(
            bytes, path, from: 8, byteCount: header[1], what: "\(header[1]) labels")
        return Labels(path: path, values: values)
    }

    private static func header(
        _ bytes: [UInt8], _ path: String, magic: Int, words: Int, kind: String
    ) throws -> [Int] {
        func word(_ number: Int) -> Int {
            bytes[4 * number..<4 * number + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        guard bytes.count >= 4, word(0) == magic else {
            let isOther = bytes.count >= 4 && [imagesMagic, labelsMagic].contains(word(0))
            if !isOther, let found = ForeignContent(bytes) {
                throw FailureSite("IDX", path).badData(found.message)
            }
            let found = bytes.count >= 4 ? String(word(0)) : "\(bytes.count) bytes"
            throw FailureSite("IDX", path).badData(
                "magic number \(found), \(magic) expected; is this a file of \(kind)?")
        }
        guard bytes.count >= 4 * words else {
            throw FailureSite("IDX", path).badData(
                "truncated: the header has \(bytes.count) of \(4 * words) bytes; get the file again"
            )
        }
        return (0..<words).map(word)
    }

    private static func body(
        _ bytes: [UInt8], _ path: String, from start: Int, byteCount: Int, what: String
    ) throws -> [UInt8] {
        let found = bytes.count - start
        guard found == byteCount else {
            let problem = found < byteCount ? "truncated" : "too long"
            throw FailureSite("IDX", path).badData(
                "\(problem): \(found) bytes after the header, \(byteCount) expected for \(what); get the "
                    + "file again")
        }
        return Array(bytes[start...])
    }
}
