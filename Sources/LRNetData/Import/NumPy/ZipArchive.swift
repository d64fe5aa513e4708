import LRNetSupport

/// The members of a zip archive, stored or deflated, in memory. NumPy's `.npz` is such an archive.
///
/// - Source: PKWARE, *.ZIP File Format Specification* (APPNOTE.TXT), 4.3 and 4.5.3.
struct ZipArchive {
    /// The archive's path, for errors.
    let path: String

    private struct Member {
        var method = 0
        var checksum: UInt32 = 0
        var compressedByteCount = 0
        var byteCount = 0
        var headerOffset = 0
    }

    private let bytes: [UInt8]
    private var members: [ByteName: (name: String, member: Member)] = [:]

    /// The maximum decompressed size of a member in bytes.
    static let byteLimit = 64 << 30

    /// Reads the archive's directory.
    ///
    /// - Throws: ``Failure`` (65) if the file is not an archive, damaged or truncated, or another
    ///   ``Failure`` if it is missing or cannot be read.
    init(_ path: String) throws {
        self.path = path
        bytes = try FileBytes.read(path)
        let tail = max(0, bytes.count - 65_557)
        // The last record of an archive. A comment may follow it.
        guard bytes.count >= 22,
            let end = stride(from: bytes.count - 22, through: tail, by: -1).first(where: {
                bytes[$0] == 0x50 && bytes[$0..<$0 + 4].elementsEqual([0x50, 0x4B, 5, 6])
            })
        else {
            let isZip = bytes.starts(with: [0x50, 0x4B, 3, 4])
            let found = isZip ? nil : ForeignContent(bytes)
            throw site.badData(
                found?.message ?? "is not a zip archive, or truncated; save it again")
        }
        var count = try number(end + 10, 2)
        var position = try number(end + 16, 4)
        // Large archives have a second record. A locator before the first one points to it.
        if position == 0xFFFF_FFFF || count == 0xFFFF, end >= 20,
            bytes[end - 20..<end - 16].elementsEqual([0x50, 0x4B, 6, 7])
        {
            let large = try number(end - 12, 8)
            // Check the offset before adding to it, because it may be any number.
            guard large <= bytes.count else { throw damaged() }
            count = try number(large + 32, 8)
            position = try number(large + 48, 8)
        }
        for _ in 0..<count {
            guard try number(position, 4) == 0x0201_4B50 else { throw damaged() }
            let nameLength = try number(position + 28, 2)
            let extraLength = try number(position + 30, 2)
            let commentLength = try number(position + 32, 2)
            let name = PathText.text(of: try slice(position + 46, nameLength))
            var member = Member()
            guard try number(position + 8, 2) & 1 == 0 else {
                throw site.badData("\(name) is encrypted; save it again without a password")
            }
            member.method = try number(position + 10, 2)
            member.checksum = UInt32(try number(position + 16, 4))
            member.compressedByteCount = try number(position + 20, 4)
            member.byteCount = try number(position + 24, 4)
            member.headerOffset = try number(position + 42, 4)
            try readZip64Sizes(&member, extraAt: position + 46 + nameLength, extraLength)
            members[ByteName(name)] = (name, member)
            position += 46 + nameLength + extraLength + commentLength
        }
    }

    /// The names of the members, sorted by their bytes.
    var names: [String] { members.sorted { $0.key < $1.key }.map(\.value.name) }

    /// The names of NumPy's arrays (without `.npy`) and of all other members.
    var arrayNames: [String] { names.map { $0.hasSuffix(".npy") ? String($0.dropLast(4)) : $0 } }

    /// Returns the bytes of a member; `nil` if there is no member with this name.
    ///
    /// - Throws: ``Failure`` (65) for damage, or a method other than stored and deflate.
    func read(_ name: String) throws -> ArraySlice<UInt8>? {
        guard let member = members[ByteName(name)]?.member else { return nil }
        let header = member.headerOffset
        guard try number(header, 4) == 0x0403_4B50 else { throw damaged() }
        let start = header + 30 + (try number(header + 26, 2)) + (try number(header + 28, 2))
        let stored = try slice(start, member.compressedByteCount)
        let content: ArraySlice<UInt8>
        switch member.method {
        case 0: content = stored
        case 8:
            content = try Deflate.decompress(
                stored, in: .none, subject: "\(path) \(name)", byteLimit: member.byteCount)[...]
        default:
            throw site.badData(
                "\(name) is compressed by method \(member.method); save it again with numpy.savez or "
                    + "numpy.savez_compressed")
        }
        guard content.count == member.byteCount, Deflate.checksum(content) == member.checksum else {
            throw site.badData("\(name) is damaged (wrong checksum); save it again")
        }
        return content
    }

    /// Replaces sizes that do not fit in 32 bits with the values of the zip64 extra field.
    private func readZip64Sizes(_ member: inout Member, extraAt start: Int, _ length: Int) throws {
        var position = start
        while position + 4 <= start + length {
            let kind = try number(position, 2)
            let size = try number(position + 2, 2)
            if kind == 1 {
                var field = position + 4
                for key in [\Member.byteCount, \.compressedByteCount, \.headerOffset]
                where member[keyPath: key] == 0xFFFF_FFFF {
                    member[keyPath: key] = try number(field, 8)
                    field += 8
                }
            }
            position += 4 + size
        }
        guard member.byteCount <= Self.byteLimit else { throw damaged() }
    }

    private func slice(_ start: Int, _ count: Int) throws -> ArraySlice<UInt8> {
        guard start >= 0, count >= 0, start <= bytes.count, count <= bytes.count - start else {
            throw damaged()
        }
        return bytes[start..<start + count]
    }

    private func number(_ start: Int, _ count: Int) throws -> Int {
        let value = try slice(start, count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw damaged() }
        return number
    }

    private var site: FailureSite { FailureSite("zip", path) }

    private func damaged() -> Failure {
        site.badData("is a damaged or truncated zip archive; save it again")
    }
}
