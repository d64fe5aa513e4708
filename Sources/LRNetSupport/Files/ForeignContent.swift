/// The unexpected content of a file, identified by its first bytes.
package struct ForeignContent: Equatable, Sendable {
    /// The kind of content, such as `an HTML page`.
    package let name: String

    package let remedy: String

    /// A message such as `is an HTML page; download the file itself`.
    package var message: String { "is \(name); \(remedy)" }

    /// Identifies the content of a file, or returns `nil` if it is unknown.
    package init?(_ content: some Collection<UInt8>) {
        let bytes = Array(content.prefix(512))
        if bytes.isEmpty {
            self.init("an empty file", "get it again")
        } else if let known = Self.starts.first(where: { bytes.starts(with: $0.start) }) {
            self.init(known.name, known.remedy)
        } else if bytes.dropFirst(257).starts(with: Array("ustar".utf8)) {
            self.init("a tar archive", "unpack it first (tar -xf)")
        } else if Self.isWide(bytes) {
            self.init("UTF-16 text", "save it as UTF-8")
        } else {
            self.init(text: bytes)
        }
    }

    private init(_ name: String, _ remedy: String) {
        self.name = name
        self.remedy = remedy
    }

    private init?(text bytes: [UInt8]) {
        let start = bytes.starts(with: Self.mark) ? 3 : 0
        guard bytes.allSatisfy({ $0 >= 0x20 || (0x09...0x0D).contains($0) }) else { return nil }
        // The last character can be incomplete.
        guard
            (0..<4).contains(where: { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
            )
        else { return nil }
        let text = String(decoding: bytes[start...].drop { $0 <= 0x20 }, as: UTF8.self)
        let lower = text.lowercased()
        if text.hasPrefix("version https://git-lfs") {
            self.init(
                "a Git LFS pointer, not the file itself", "run git lfs pull in its repository")
        } else if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html")
            || lower.hasPrefix("<head") || lower.hasPrefix("<body")
        {
            self.init(
                "an HTML page instead of the expected file", "download the file itself")
        } else if lower.hasPrefix("<?xml") || lower.hasPrefix("<error>") {
            self.init(
                "an XML document instead of the expected file", "download the file itself")
        } else {
            let line = text.prefix { !$0.isNewline }.prefix(40)
            self.init("text that begins '\(line)'", "get the file again")
        }
    }

    /// The byte order mark of UTF-8.
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Returns true for text with two bytes per character: with a byte order mark, or with a zero
    /// as every other byte.
    private static func isWide(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return true }
        let letters = bytes.prefix(16)
        guard letters.count >= 4 else { return false }
        return [0, 1].contains { zero in
            letters.indices.allSatisfy { ($0 % 2 == zero) == (letters[$0] == 0) }
        }
    }

    private static let starts: [(name: String, start: [UInt8], remedy: String)] = [
        ("gzip-compressed", [0x1F, 0x8B], "unpack it first (gzip -d)"),
        ("xz-compressed", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "unpack it first (xz -d)"),
        ("bzip2-compressed", Array("BZh".utf8), "unpack it first (bzip2 -d)"),
        ("Zstandard-compressed", [0x28, 0xB5, 0x2F, 0xFD], "unpack it first (zstd -d)"),
        ("LZ4-compressed", [0x04, 0x22, 0x4D, 0x18], "unpack it first (lz4 -d)"),
        ("a zip archive", [0x50, 0x4B, 3, 4], "unpack it first (unzip)"),
        ("an empty zip archive", [0x50, 0x4B, 5, 6], "get the file again"),
        ("a 7z archive", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "unpack it first (7z x)"),
        ("a RAR archive", Array("Rar!".utf8), "unpack it first (unrar x)"),
        ("an HDF5 file", [0x89, 0x48, 0x44, 0x46], "give a file of the right kind"),
        ("a NumPy array", [0x93] + Array("NUMPY".utf8), "give a file of the right kind"),
        ("a PNG image", [0x89, 0x50, 0x4E, 0x47], "give a file of the right kind"),
        ("a JPEG image", [0xFF, 0xD8, 0xFF], "give a file of the right kind"),
        ("a PDF document", Array("%PDF".utf8), "give a file of the right kind"),
        ("a Python pickle", [0x80, 2], "give a file of the right kind"),
        ("a Python pickle", [0x80, 3], "give a file of the right kind"),
        ("a Python pickle", [0x80, 4], "give a file of the right kind"),
        ("a Python pickle", [0x80, 5], "give a file of the right kind"),
    ]
}

extension ForeignContent {
    /// Returns the UTF-8 bytes of a text file without the byte order mark.
    package static func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes[...]
    }

    /// Returns content that is stored or sent instead of a file (a Git LFS pointer, an HTML or XML
    /// page, UTF-16 text), or `nil` for any other content.
    package static func standIn(_ content: some Collection<UInt8>) -> ForeignContent? {
        guard let found = ForeignContent(content), found.isStandIn else { return nil }
        return found
    }

    private var isStandIn: Bool {
        ["a Git LFS", "an HTML", "an XML", "UTF-16"].contains { name.hasPrefix($0) }
    }

    /// Identifies a page, pointer or binary format in place of an expected text, or returns `nil`
    /// for plain text and empty files.
    package init?(inPlaceOfText content: some Collection<UInt8>) {
        guard let found = ForeignContent(content), !found.name.hasPrefix("text"),
            !content.isEmpty
        else { return nil }
        self = found
    }
}
