/// Exif data as ImageMagick stored it in PNG files before there was a chunk for it.
///
/// It is a text chunk whose text is a line break, a name, the number of bytes, and the bytes in
/// hexadecimal digits.
enum PNGProfile {
    private static let keywords = ["Raw profile type exif", "Raw profile type APP1"]
    private static let byteLimit = 1 << 20

    /// Returns the bytes of a profile chunk; `nil` for any other chunk and for damage.
    static func exif(kind: ArraySlice<UInt8>, _ data: ArraySlice<UInt8>) -> [UInt8]? {
        let isCompressed = kind.elementsEqual("zTXt".utf8)
        guard isCompressed || kind.elementsEqual("tEXt".utf8) else { return nil }
        let keyword = data.prefix { $0 != 0 }
        guard keywords.contains(where: { keyword.elementsEqual($0.utf8) }) else { return nil }
        // In a compressed text, the method, always 0, follows the end of the keyword.
        let rest = data[keyword.endIndex...].dropFirst(isCompressed ? 2 : 1)
        guard isCompressed else { return bytes(rest) }
        let text = try? Deflate.decompress(
            rest, in: .zlib, subject: "PNG", byteLimit: byteLimit)
        return text.flatMap { bytes($0[...]) }
    }

    private static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let newline = UInt8(ascii: "\n")
        let lines = text.split(
            separator: newline, maxSplits: 3, omittingEmptySubsequences: false)
        guard lines.count == 4 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for letter in lines[3] where letter != newline {
            guard let digit = Character(UnicodeScalar(letter)).hexDigitValue else { break }
            if let first = high {
                bytes.append(first << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        return bytes
    }
}
