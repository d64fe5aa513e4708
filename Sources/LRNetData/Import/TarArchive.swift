import LRNetSupport

/// The files of a tar archive (ustar, pax or GNU), plain or gzip, in memory.
///
/// Names are only compared and never used as paths, so an archive cannot access other files.
struct TarArchive {
    /// The archive's path, for errors.
    let path: String

    private let bytes: [UInt8]
    private let entries: [ByteName: (name: String, range: Range<Int>)]

    private static let blockByteCount = 512

    /// Reads an archive.
    ///
    /// - Parameter byteLimit: The maximum decompressed size in bytes.
    /// - Throws: ``Failure`` (65) if the archive is damaged, truncated or larger, or another
    ///   ``Failure`` if the file is missing or cannot be read.
    init(_ path: String, byteLimit: Int) throws {
        self.path = path
        bytes = try Gzip.read(path, byteLimit: byteLimit)
        entries = try Self.entries(of: bytes, path)
    }

    /// The names of the regular files, sorted by their bytes, without a leading `./`.
    var names: [String] { entries.sorted { $0.key < $1.key }.map(\.value.name) }

    /// A file's bytes; `nil` if the archive has no such file.
    subscript(name: String) -> ArraySlice<UInt8>? {
        entries[ByteName(name)].map { bytes[$0.range] }
    }

    private static func entries(
        of bytes: [UInt8], _ path: String
    ) throws -> [ByteName: (name: String, range: Range<Int>)] {
        let site = FailureSite("tar", path, remedy: "download it again")
        let isTar =
            bytes.dropFirst(257).starts(with: Array("ustar".utf8))
            || isHeader(bytes.prefix(blockByteCount))
        if !isTar, let found = ForeignContent(bytes) {
            throw FailureSite("tar", path).badData(found.message)
        }
        var entries: [ByteName: (name: String, range: Range<Int>)] = [:]
        var start = 0
        var number = 0
        // The name of the next file, if it does not fit in that file's header.
        var longName: String?
        while start + blockByteCount <= bytes.count {
            let header = bytes[start..<start + blockByteCount]
            // An archive ends with two blocks of zeros.
            if header.allSatisfy({ $0 == 0 }) { return entries }
            number += 1
            guard isTar else { throw site.badData("is not a tar archive, or damaged at its start") }
            let isIntact = isHeader(header)
            guard isIntact, let byteCount = octal(header, 124, 12) else {
                throw site.badData(
                    "is a tar archive that is damaged at entry \(number), byte \(start) ("
                        + (isIntact ? "no size" : "wrong checksum") + ")")
            }
            let content = start + blockByteCount
            guard content + byteCount <= bytes.count else {
                throw site.badData("is a truncated tar archive")
            }
            let range = content..<content + byteCount
            switch header[start + 156] {
            case UInt8(ascii: "L"): longName = PathText.text(of: bytes[range].prefix { $0 != 0 })
            case UInt8(ascii: "x"): longName = paxName(bytes[range]) ?? longName
            // The long target of a link, and records that apply to all files.
            case UInt8(ascii: "K"), UInt8(ascii: "g"): break
            case let kind:
                if kind == 0 || kind == UInt8(ascii: "0") {
                    let full = withoutLeadingDots(longName ?? name(header))
                    entries[ByteName(full)] = (full, range)
                }
                longName = nil
            }
            let blockCount = (byteCount + blockByteCount - 1) / blockByteCount
            start = content + blockCount * blockByteCount
        }
        throw site.badData("is a truncated tar archive")
    }

    private static func name(_ header: ArraySlice<UInt8>) -> String {
        let folder = isUSTAR(header) ? text(header, 345, 155) : ""
        let name = text(header, 0, 100)
        return folder.isEmpty ? name : "\(folder)/\(name)"
    }

    /// Returns the name in the records of a pax header, each `LENGTH KEY=VALUE` and a line break.
    private static func paxName(_ records: ArraySlice<UInt8>) -> String? {
        let key = Array("path=".utf8)
        var rest = records
        while let blank = rest.firstIndex(of: UInt8(ascii: " ")),
            let length = Int(PathText.text(of: rest[..<blank])),
            length > blank - rest.startIndex + 1, length <= rest.count
        {
            let record = rest[(blank + 1)...].prefix(length - (blank - rest.startIndex) - 2)
            if record.starts(with: key) { return PathText.text(of: record.dropFirst(key.count)) }
            rest = rest.dropFirst(length)
        }
        return nil
    }

    private static func isHeader(_ block: ArraySlice<UInt8>) -> Bool {
        block.count == blockByteCount && octal(block, 148, 8) == checksum(block)
    }

    /// Removes the leading `./` that tar writes for `tar -cf x.tar .`.
    private static func withoutLeadingDots(_ name: String) -> String {
        var name = name
        while name.hasPrefix("./") { name = String(name.dropFirst(2).drop { $0 == "/" }) }
        return name
    }

    private static func isUSTAR(_ header: ArraySlice<UInt8>) -> Bool {
        header.dropFirst(257).starts(with: Array("ustar\0".utf8))
    }

    private static func text(_ header: ArraySlice<UInt8>, _ first: Int, _ count: Int) -> String {
        let field = header.dropFirst(first).prefix(count).prefix { $0 != 0 }
        return PathText.text(of: field)
    }

    /// Parses an octal number that ends with a blank or a zero byte.
    private static func octal(_ header: ArraySlice<UInt8>, _ first: Int, _ count: Int) -> Int? {
        let digits = text(header, first, count).split(separator: " ").first ?? "0"
        guard let value = Int(digits, radix: 8), value >= 0 else { return nil }
        return value
    }

    /// Returns the sum of the header's bytes, with its checksum field counted as blanks.
    private static func checksum(_ header: ArraySlice<UInt8>) -> Int {
        header.enumerated().reduce(0) { sum, byte in
            sum + ((148..<156).contains(byte.offset) ? 32 : Int(byte.element))
        }
    }
}
