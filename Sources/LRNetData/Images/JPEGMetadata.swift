/// What the marker segments in front of a JPEG's picture say beyond what libturbojpeg tells.
///
/// - Source: ITU-T T.81, annex B; Adobe Technical Note 5116.
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
                orientation = ExifOrientation.read(content) ?? orientation
            } else if marker == 0xEE, content.starts(with: Array("Adobe".utf8)) {
                hasAdobeSegment = true
            }
            position = end
        }
    }
}
