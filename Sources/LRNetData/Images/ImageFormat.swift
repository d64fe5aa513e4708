import LRNetSupport

/// What a file holds, by its first bytes; a name's extension says nothing.
enum ImageFormat: Equatable {
    case jpeg
    case png

    /// The formats that are known and not read.
    private static let foreign: [(name: String, start: [UInt8])] = [
        ("a GIF picture", Array("GIF8".utf8)), ("a BMP picture", Array("BM".utf8)),
        ("a TIFF picture", [0x49, 0x49, 0x2A, 0]), ("a TIFF picture", [0x4D, 0x4D, 0, 0x2A]),
        ("a RIFF file, such as WebP", Array("RIFF".utf8)),
    ]

    /// Looks at the content of a file.
    ///
    /// - Throws: ``ImageProblem`` that says what the file is instead.
    init(of bytes: ArraySlice<UInt8>) throws {
        if bytes.isEmpty { throw ImageProblem("has 0 bytes") }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if let other = Self.foreign.first(where: { bytes.starts(with: $0.start) }) {
            throw ImageProblem("is \(other.name); JPEG and PNG are read")
        } else if let other = ForeignContent.standIn(bytes) {
            throw ImageProblem(other.message)
        } else if let other = ForeignContent(bytes) {
            throw ImageProblem("is \(other.name); JPEG and PNG are read")
        } else {
            throw ImageProblem("is neither JPEG nor PNG")
        }
    }
}
