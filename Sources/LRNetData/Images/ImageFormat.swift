import LRNetSupport

/// The format of an image file, identified by its first bytes and not by its extension.
enum ImageFormat: Equatable {
    case jpeg
    case png

    /// Known formats that cannot be read.
    private static let foreign: [(name: String, start: [UInt8])] = [
        ("a GIF image", Array("GIF8".utf8)), ("a BMP image", Array("BM".utf8)),
        ("a TIFF image", [0x49, 0x49, 0x2A, 0]), ("a TIFF image", [0x4D, 0x4D, 0, 0x2A]),
        ("a RIFF file, such as WebP", Array("RIFF".utf8)),
    ]

    /// Identifies the format of a file.
    ///
    /// - Throws: ``ImageProblem`` that names the actual content of the file.
    init(of bytes: ArraySlice<UInt8>) throws {
        if bytes.isEmpty { throw ImageProblem("has 0 bytes") }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if let other = Self.foreign.first(where: { bytes.starts(with: $0.start) }) {
            throw ImageProblem("is \(other.name); only JPEG and PNG can be read")
        } else if let other = ForeignContent.standIn(bytes) {
            throw ImageProblem(other.message)
        } else if let other = ForeignContent(bytes) {
            throw ImageProblem("is \(other.name); only JPEG and PNG can be read")
        } else {
            throw ImageProblem("is neither JPEG nor PNG")
        }
    }
}
