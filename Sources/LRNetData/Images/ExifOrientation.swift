/// The rotation and mirroring of an image that Exif data in JPEG and PNG files prescribe.
///
/// - Source: CIPA DC-008 (Exif), tag 274.
enum ExifOrientation {
    /// Returns the value in the first directory of a TIFF structure, 1 (upright) to 8, or `nil` if
    /// there is none.
    ///
    /// JPEG files have `Exif\0\0` before the structure, and some programs also write it to PNG
    /// files.
    static func read(_ bytes: ArraySlice<UInt8>) -> Int? {
        var bytes = bytes
        while bytes.starts(with: prefix) { bytes = bytes.dropFirst(prefix.count) }
        let isLittle = bytes.starts(with: [0x49, 0x49])
        guard isLittle || bytes.starts(with: [0x4D, 0x4D]) else { return nil }
        func number(at offset: Int, _ byteCount: Int) -> Int? {
            let start = bytes.startIndex + offset
            guard offset >= 0, start + byteCount <= bytes.endIndex else { return nil }
            let field = bytes[start..<start + byteCount]
            return (isLittle ? Array(field.reversed()) : Array(field))
                .reduce(0) { $0 << 8 | Int($1) }
        }
        guard number(at: 2, 2) == 42, let directory = number(at: 4, 4),
            let count = number(at: directory, 2)
        else { return nil }
        for entry in 0..<count {
            let offset = directory + 2 + 12 * entry
            guard let tag = number(at: offset, 2) else { return nil }
            if tag == 274, let value = number(at: offset + 8, 2), (1...8).contains(value) {
                return value
            }
        }
        return nil
    }

    private static let prefix = Array("Exif\0\0".utf8)
}
