/// What the marker segments in front of a JPEG's picture say beyond what libturbojpeg tells.
///
/// - Source: ITU-T T.81, annex B; CIPA DC-008 (Exif), tag 274; Adobe Technical Note 5116.
struct JPEGMetadata: Equatable {
    /// Exif's orientation, 1 (upright) to 8.
    var orientation = 1

    /// Whether an Adobe segment is there; its CMYK values are inverted, 255 for no ink.
    var hasAdobeSegment = false

    /// Reads the segments up to the first scan; damage ends the reading, since the decoder reports
    /// it better.
    init(of bytes: ArraySlice<UInt8>) {
        var position = bytes.startIndex + 2
        while position + 4 <= bytes.endIndex, bytes[position] == 0xFF {
            let marker = bytes[position + 1]
            // Fill bytes may stand before a marker.
            if marker == 0xFF {
                position += 1
                continue
            }
            let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
            let end = position + 2 + length
            guard marker != 0xDA, length >= 2, end <= bytes.endIndex else { return }
            let content = bytes[position + 4..<end]
            if marker == 0xE1, content.starts(with: Array("Exif\0\0".utf8)) {
                orientation = Self.orientation(exif: content.dropFirst(6)) ?? orientation
            } else if marker == 0xEE, content.starts(with: Array("Adobe".utf8)) {
                hasAdobeSegment = true
            }
            position = end
        }
    }

    /// The orientation in the first directory of a TIFF structure.
    private static func orientation(exif bytes: ArraySlice<UInt8>) -> Int? {
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
}
