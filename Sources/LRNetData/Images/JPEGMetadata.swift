/// The marker segments before a JPEG's image data that libturbojpeg does not report.
///
/// - Source: ITU-T T.81, annex B; Adobe Technical Note 5116.
struct JPEGMetadata: Equatable {
    /// The Exif orientation, 1 (upright) to 8.
    var orientation = 1

    /// True if there is an Adobe segment. CMYK values are then inverted: 255 means no ink.
    var hasAdobeSegment = false

    /// Reads the segments up to the first scan. Reading stops silently at damage, because the
    /// decoder reports it better.
    init(of bytes: ArraySlice<UInt8>) {
        var position = bytes.startIndex + 2
        while position + 4 <= bytes.endIndex, bytes[position] == 0xFF {
            let marker = bytes[position + 1]
            // A marker may be preceded by fill bytes.
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
