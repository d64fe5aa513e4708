import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport

/// Images for tests.
enum ImageFixture {
    /// Returns a smooth image that JPEG hardly changes, different for each number. Its dark upper
    /// left corner shows whether it was turned or mirrored.
    static func image(_ number: Int, height: Int, width: Int) -> PixelImage {
        var pixels: [UInt8] = []
        for row in 0..<height {
            for column in 0..<width {
                let isCorner = row < height / 4 && column < width / 4
                let base = isCorner ? 20 : 120 + number * 7 % 100
                pixels.append(UInt8(base))
                pixels.append(UInt8((base + row * 60 / height) & 255))
                pixels.append(UInt8((base + column * 30 / width) & 255))
            }
        }
        return PixelImage(height: height, width: width, channels: 3, pixels: pixels)
    }

    /// Returns a JPEG file of such an image.
    static func jpeg(_ number: Int, height: Int = 24, width: Int = 32) -> [UInt8] {
        JPEGCodec.encode(image(number, height: height, width: width))
    }

    /// Inserts an Exif segment with an orientation after the first marker of a JPEG file.
    static func turned(_ jpeg: [UInt8], exifOrientation: UInt8, isLittle: Bool) -> [UInt8] {
        let tiff: [UInt8] =
            isLittle
            ? [
                0x49, 0x49, 42, 0, 8, 0, 0, 0, 2, 0,
                0x0F, 0x01, 2, 0, 1, 0, 0, 0, 65, 0, 0, 0,
                0x12, 0x01, 3, 0, 1, 0, 0, 0, exifOrientation, 0, 0, 0, 0, 0, 0, 0,
            ]
            : [
                0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 2,
                0x01, 0x0F, 0, 2, 0, 0, 0, 1, 65, 0, 0, 0,
                0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, exifOrientation, 0, 0, 0, 0, 0, 0,
            ]
        let content = Array("Exif\0\0".utf8) + tiff
        let length = content.count + 2
        return jpeg[0..<2] + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + content
            + jpeg[2...]
    }

    /// Returns the position of a marker in a JPEG file.
    static func position(of marker: UInt8, in jpeg: [UInt8]) -> Int? {
        jpeg.indices.dropLast().first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == marker }
    }

    /// Changes the size in the header of a JPEG file.
    static func claiming(_ jpeg: [UInt8], height: Int, width: Int) -> [UInt8] {
        var bytes = jpeg
        guard let start = position(of: 0xC0, in: jpeg) else { return [] }
        bytes.replaceSubrange(
            start + 5..<start + 9,
            with: [height >> 8, height & 255, width >> 8, width & 255].map { UInt8($0) })
        return bytes
    }

    /// Writes a tree of `count` images per class, of mixed sizes. All are named `.jpg`, but every
    /// sixth is a PNG.
    static func writeTree(_ path: String, classes: [String], count: Int, first: Int = 0) throws {
        for (label, name) in classes.enumerated() {
            try AtomicFile.createFolder("\(path)/\(name)")
            for position in 0..<count {
                let number = first + label * count + position
                let (height, width) = (20 + number % 5 * 9, 24 + number % 7 * 8)
                let picture = image(number, height: height, width: width)
                let bytes =
                    number % 6 == 5 ? PNGCodec.encode(picture) : JPEGCodec.encode(picture)
                try AtomicFile.write(bytes, to: "\(path)/\(name)/p\(1000 + position).jpg")
            }
        }
    }

    /// Returns the largest difference of the values of two images, or 255 if their shapes differ.
    static func difference(_ one: PixelImage, _ other: PixelImage) -> Int {
        guard one.height == other.height, one.width == other.width else { return 255 }
        return zip(one.pixels, other.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
    }

    /// Returns the content of every file in a folder by its name.
    static func content(of folder: String) throws -> [String: [UInt8]] {
        var content: [String: [UInt8]] = [:]
        for name in try FileBytes.names(inFolder: folder) {
            content[name] = try FileBytes.read("\(folder)/\(name)")
        }
        return content
    }
}
