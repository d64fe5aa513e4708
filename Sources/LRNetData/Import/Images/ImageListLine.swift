import LRNetSupport

/// A line in a list of images: a path, blanks, and a label.
struct ImageListLine {
    /// The line's number, from 1.
    let number: Int

    /// The whole line, for messages.
    let text: String

    /// The path, which may contain blanks and any bytes.
    let path: String

    /// The label; `nil` if the line is not a path and a label from 0.
    let label: Int32?

    /// Reads the lines of a file, without empty ones and those that start with `#`.
    ///
    /// - Throws: ``Failure`` (65) for a file that is not 8-bit text (such as UTF-16), or an error
    ///   of reading.
    static func lines(of file: String) throws -> [ImageListLine] {
        let bytes = try FileBytes.read(file)
        if let found = ForeignContent(inPlaceOfText: bytes) {
            throw FailureSite("import", file).badData(found.message)
        }
        var lines: [ImageListLine] = []
        var number = 0
        var rest = ForeignContent.withoutMark(bytes)
        while !rest.isEmpty {
            let line = rest.prefix { $0 != newline && $0 != carriageReturn }
            number += 1
            rest = rest[line.endIndex...]
            let isPair = rest.starts(with: [carriageReturn, newline])
            rest = rest.dropFirst(isPair ? 2 : 1)
            let content = trimmed(line)
            if content.isEmpty || content.first == UInt8(ascii: "#") { continue }
            lines.append(ImageListLine(content, number: number))
        }
        return lines
    }

    private init(_ line: ArraySlice<UInt8>, number: Int) {
        self.number = number
        text = PathText.text(of: line)
        let start = line.lastIndex(where: Self.isBlank).map { $0 + 1 } ?? line.startIndex
        path = PathText.text(of: Self.trimmed(line[..<start]))
        let value = Int32(String(decoding: line[start...], as: UTF8.self))
        label = path.isEmpty ? nil : value.flatMap { $0 >= 0 ? $0 : nil }
    }

    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = line.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return [] }
        return start[...last]
    }
}
