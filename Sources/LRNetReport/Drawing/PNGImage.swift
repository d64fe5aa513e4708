internal import Foundation

/// Encodes PNG files with 8 bits per channel and without compression, for images of a few thousand
/// pixels.
///
/// - Source: W3C, Portable Network Graphics (Second Edition); RFC 1950 and 1951 for the stream,
///   which consists of stored blocks.
package enum PNGImage {
    /// Encodes an image.
    ///
    /// - Parameters:
    ///   - channels: 1 (gray) or 3 (red, green, blue).
    ///   - pixels: `[height, width, channels]`.
    /// - Precondition: The number of pixels matches the sizes and is at least one.
    package static func encode(
        width: Int, height: Int, channels: Int, pixels: [UInt8]
    ) -> [UInt8] {
        precondition(
            (channels == 1 || channels == 3) && width > 0 && height > 0
                && pixels.count == width * height * channels,
            "\(pixels.count) bytes for \(width)x\(height)x\(channels)")
        var rows: [UInt8] = []
        for row in 0..<height {
            // No filter.
            rows.append(0)
            rows += pixels[row * width * channels..<(row + 1) * width * channels]
        }
        let header =
            bytes(UInt32(width)) + bytes(UInt32(height)) + [8, channels == 1 ? 0 : 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", header) + chunk("IDAT", stored(rows)) + chunk("IEND", [])
    }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        return bytes(UInt32(data.count)) + body + bytes(Checksum.crc32(body))
    }

    /// Returns a zlib stream of stored blocks.
    private static func stored(_ data: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: data.count, by: 0xFFFF) {
            let block = data[start..<min(start + 0xFFFF, data.count)]
            let (count, isLast) = (UInt16(block.count), block.endIndex == data.count)
            result.append(isLast ? 1 : 0)
            for half in [count, ~count] { result += [UInt8(half & 0xFF), UInt8(half >> 8)] }
            result += block
        }
        return result + bytes(Checksum.adler32(data))
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        [
            UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF),
            UInt8(value & 0xFF),
        ]
    }
}

/// Checksums of file formats.
package enum Checksum {
    private static func table(_ polynomial: UInt32) -> [UInt32] {
        (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { value, _ in
                value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1
            }
        }
    }

    private static let ieee = table(0xEDB8_8320)
    private static let castagnoli = table(0x82F6_3B78)

    private static func crc(_ data: some Sequence<UInt8>, _ table: [UInt32]) -> UInt32 {
        ~data.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }

    /// Returns the CRC-32 (IEEE 802.3) that PNG uses.
    package static func crc32(_ data: some Sequence<UInt8>) -> UInt32 { crc(data, ieee) }

    /// Returns the CRC-32C (Castagnoli) that TFRecord uses.
    package static func crc32c(_ data: some Sequence<UInt8>) -> UInt32 { crc(data, castagnoli) }

    /// Returns the Adler-32 that zlib streams use.
    package static func adler32(_ data: some Sequence<UInt8>) -> UInt32 {
        var (a, b) = (UInt32(1), UInt32(0))
        for byte in data {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return b << 16 | a
    }
}

enum Base64 {
    /// Encodes bytes as defined in RFC 4648.
    static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
