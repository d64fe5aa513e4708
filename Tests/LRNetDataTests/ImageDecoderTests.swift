import Foundation
import LRNetData
import LRNetKernels
import LRNetSupport
import Testing

@Suite struct ImageDecoderTests {
    /// JPEG at quality 90 of a smooth picture with one sharp corner, chroma halved.
    static let jpegTolerance = 60

    private func problem(_ bytes: [UInt8], limit: Int = 1_000_000) -> String? {
        do {
            _ = try ImageDecoder(pixelLimit: limit).decode(bytes[...])
            return nil
        } catch {
            return (error as? ImageProblem)?.message
        }
    }

    @Test(arguments: [(1, 1), (1, 9), (7, 5), (16, 16), (33, 17), (300, 40)])
    func roundTrips(height: Int, width: Int) throws {
        let image = ImageFixture.image(3, height: height, width: width)
        let png = try ImageDecoder().decode(PNGCodec.encode(image)[...])
        #expect(png.image == image)
        #expect(!png.isPlainJPEG)
        let jpeg = try ImageDecoder().decode(JPEGCodec.encode(image)[...])
        #expect(jpeg.isPlainJPEG)
        #expect(ImageFixture.difference(jpeg.image, image) < Self.jpegTolerance)
        let gray = PixelImage(height: 2, width: 1, channels: 1, pixels: [9, 200])
        #expect(
            try PNGCodec.decode(PNGCodec.encode(gray)[...], pixelLimit: 2).pixels
                == [9, 9, 9, 200, 200, 200])
    }

    private struct Golden: Decodable {
        let file: String
        let height: Int
        let width: Int
        let pixels: [[Int]]
    }

    /// Files that other programs make; `Golden/make_pictures.py` made these.
    @Test func otherKinds() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/pictures.json")
        let pictures = try JSONDecoder().decode(
            [String: Golden].self, from: Data(contentsOf: url))
        #expect(pictures.count == 10)
        for (name, golden) in pictures {
            let bytes = try Array(#require(Data(base64Encoded: golden.file)))
            let picture = try ImageDecoder().decode(bytes[...])
            #expect(picture.image.height == golden.height, "\(name)")
            #expect(picture.image.width == golden.width, "\(name)")
            let isPlain = ["progressive", "half chroma", "odd sides", "gray"].contains(name)
            #expect(picture.isPlainJPEG == isPlain, "\(name)")
            for pixel in golden.pixels {
                let first = (pixel[0] * golden.width + pixel[1]) * 3
                for channel in 0..<3 {
                    let found = Int(picture.image.pixels[first + channel])
                    #expect(
                        abs(found - pixel[2 + channel]) <= 4,
                        "\(name) \(pixel): \(found) in channel \(channel)")
                }
            }
        }
    }

    /// Without Adobe's segment four values are inks as they are, 0 for none; the gray of ink 90,
    /// stored as luminance 165, then reads as cyan 165, magenta and yellow 128 (no chroma), black 55.
    @Test func inksWithoutAdobeSegment() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/pictures.json")
        let pictures = try JSONDecoder().decode(
            [String: Golden].self, from: Data(contentsOf: url))
        let golden = try #require(pictures["cmyk gray"])
        var bytes = try Array(#require(Data(base64Encoded: golden.file)))
        let start = try #require(ImageFixture.position(of: 0xEE, in: bytes))
        bytes.removeSubrange(start..<start + 2 + Int(bytes[start + 3]))
        let pixels = try ImageDecoder().decode(bytes[...]).image.pixels
        for (channel, expected) in [90 * 200 / 255, 127 * 200 / 255, 127 * 200 / 255].enumerated() {
            #expect(abs(Int(pixels[3 * 40 + channel]) - expected) <= 4)
        }
    }

    @Test(arguments: 1...8, [false, true]) func exifOrientation(number: Int, isLittle: Bool) throws
    {
        let image = ImageFixture.image(0, height: 48, width: 64)
        let file = ImageFixture.turned(
            JPEGCodec.encode(image), exifOrientation: UInt8(number), isLittle: isLittle)
        let picture = try ImageDecoder().decode(file[...])
        #expect(picture.isPlainJPEG == (number == 1))
        let isTransposed = number >= 5
        #expect(picture.image.height == (isTransposed ? 64 : 48))
        // Where the dark corner must have gone: Exif names the sides of row 0 and column 0.
        let isAtBottom = [3, 4, 7, 8].contains(number)
        let isAtRight = [2, 3, 6, 7].contains(number)
        let row = isAtBottom ? picture.image.height - 4 : 3
        let column = isAtRight ? picture.image.width - 4 : 3
        for (y, x) in [(3, 3), (3, picture.image.width - 4), (picture.image.height - 4, 3)] {
            let value = picture.image.pixels[(y * picture.image.width + x) * 3]
            #expect((value < 60) == (y == row && x == column), "\(number) at \(y), \(x)")
        }
    }

    /// Orientations in PNG files: in a chunk of their own, with and without JPEG's prefix, and as
    /// ImageMagick wrote them.
    @Test(arguments: ["eXIf", "prefixed eXIf", "exif tEXt", "APP1 tEXt", "exif zTXt"])
    func orientationOfPNG(kind: String) throws {
        let jpeg = ImageFixture.turned([0xFF, 0xD8], exifOrientation: 6, isLittle: false)
        let exif = Array(jpeg[6...])
        let digits = exif.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        let lines = digits.joined().enumerated().map { ($0 % 72 == 71 ? "\($1)\n" : "\($1)") }
        let text = Array("\nexif\n      \(exif.count)\n\(lines.joined())\n".utf8)
        let name = String(kind.prefix(4))
        let keyword = Array("Raw profile type \(name)\0".utf8)
        let (chunk, content): (String, [UInt8]) =
            switch kind {
            case "eXIf": ("eXIf", Array(exif.dropFirst(6)))
            case "prefixed eXIf": ("eXIf", exif)
            case "exif zTXt": ("zTXt", keyword + [0] + stored(text))
            default: ("tEXt", keyword + text)
            }
        let length = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: content.count >> $0) }
        let png = PNGCodec.encode(ImageFixture.image(0, height: 48, width: 64))
        // Behind the signature and the header.
        // A wrong checksum does not matter there.
        let file = png[..<33] + length + Array(chunk.utf8) + content + [0, 0, 0, 0] + png[33...]
        #expect(try ImageDecoder().decode(file[...]).image.height == 64)
        // Damage never matters, and never crashes.
        for byte in 33..<33 + 12 + content.count {
            var damaged = file
            damaged[byte] ^= 0x55
            _ = problem(damaged)
        }
    }

    /// Bytes as zlib stores them.
    private func stored(_ bytes: [UInt8]) -> [UInt8] {
        let (low, high) = (UInt8(bytes.count & 255), UInt8(bytes.count >> 8))
        var (first, second) = (1, 0)
        for byte in bytes {
            first = (first + Int(byte)) % 65_521
            second = (second + first) % 65_521
        }
        return [0x78, 1, 1, low, high, ~low, ~high] + bytes
            + [second >> 8, second & 255, first >> 8, first & 255].map { UInt8($0) }
    }

    @Test func turningIsExact() {
        let image = PixelImage(height: 2, width: 3, channels: 1, pixels: [1, 2, 3, 4, 5, 6])
        let expected: [[UInt8]] = [
            [1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4], [6, 5, 4, 3, 2, 1], [4, 5, 6, 1, 2, 3],
            [1, 4, 2, 5, 3, 6], [4, 1, 5, 2, 6, 3], [6, 3, 5, 2, 4, 1], [3, 6, 2, 5, 1, 4],
        ]
        for number in 1...8 {
            #expect(image.turned(exifOrientation: number).pixels == expected[number - 1])
        }
    }

    /// A damaged Exif segment never matters, and never crashes.
    @Test func damagedExif() throws {
        let jpeg = ImageFixture.jpeg(1)
        let file = ImageFixture.turned(jpeg, exifOrientation: 6, isLittle: true)
        for byte in 4..<6 + 46 {
            for value: UInt8 in [0, 1, 0x7F, 0xFF] {
                var bytes = file
                bytes[byte] = value
                _ = problem(bytes)
            }
        }
        #expect(try ImageDecoder().decode(file[...]).image.height == 32)
    }

    @Test func truncatedImages() throws {
        let image = ImageFixture.image(2, height: 40, width: 30)
        let jpeg = JPEGCodec.encode(image)
        let png = PNGCodec.encode(image)
        for count in 0..<jpeg.count {
            let message = problem(Array(jpeg[0..<count]))
            #expect(message != nil, "\(count) of \(jpeg.count) bytes")
        }
        #expect(problem(Array(jpeg.dropLast(30)))?.hasPrefix("damaged or truncated JPEG: ") == true)
        for count in 0..<png.count - 12 {
            #expect(problem(Array(png[0..<count])) != nil, "\(count) of \(png.count) bytes")
        }
        #expect(problem(Array(png.dropLast(40)))?.hasPrefix("damaged or truncated PNG: ") == true)
        #expect(problem([]) == "has 0 bytes")
    }

    @Test func damagedPNG() throws {
        let png = PNGCodec.encode(ImageFixture.image(2, height: 40, width: 30))
        let key = NoiseKey(seed: testSeed, purpose: .test, step: 61)
        // The picture's own chunk, with its checksum.
        for byte in stride(from: 50, to: png.count - 16, by: 3) {
            var bytes = png
            bytes[byte] ^= 1 << UInt8(key.integer(byte, below: 8))
            if let picture = try? ImageDecoder().decode(bytes[...]) {
                #expect(picture.image == ImageFixture.image(2, height: 40, width: 30))
            }
        }
    }

    @Test func liesAboutItsSize() throws {
        let jpeg = ImageFixture.jpeg(1, height: 64, width: 64)
        for (height, width) in [(128, 64), (64, 128), (32, 64), (64, 32), (1000, 1000)] {
            let message = problem(
                ImageFixture.claiming(jpeg, height: height, width: width))
            #expect(message?.hasPrefix("damaged or truncated JPEG: ") == true, "\(height)x\(width)")
        }
        #expect(problem(ImageFixture.claiming(jpeg, height: 64, width: 64)) == nil)
        #expect(problem(ImageFixture.claiming(jpeg, height: 0, width: 64)) != nil)
    }

    @Test func bombs() throws {
        let jpeg = ImageFixture.claiming(ImageFixture.jpeg(1), height: 65_000, width: 65_000)
        #expect(
            problem(jpeg, limit: 100_000_000)
                == "says that it has 65000x65000 pixels, more than --max-pixels 100000000")
        // A PNG of 30,000 equal rows takes some kilobytes.
        let image = PixelImage(
            height: 3_000, width: 1_000, channels: 1,
            pixels: [UInt8](repeating: 7, count: 3_000_000))
        let png = PNGCodec.encode(image)
        #expect(png.count < 20_000)
        #expect(
            problem(png, limit: 2_999_999)
                == "says that it has 3000x1000 pixels, more than --max-pixels 2999999")
        #expect(problem(png, limit: 3_000_000) == nil)
    }

    @Test func otherFiles() {
        #expect(
            problem(Array("<html>\n".utf8))
                == "is an HTML page, as servers send instead of a file; download the file itself")
        #expect(
            problem(Array("# a\n".utf8)) == "is text that begins '# a'; JPEG and PNG are read")
        #expect(problem(Array("GIF89a\0\0".utf8)) == "is a GIF picture; JPEG and PNG are read")
        #expect(problem([0x50, 0x4B, 3, 4, 0]) == "is a zip archive; JPEG and PNG are read")
        #expect(problem([1, 2, 3]) == "is neither JPEG nor PNG")
        #expect(problem([0xFF, 0xD8, 0xFF])?.hasPrefix("damaged or truncated JPEG") == true)
    }
}
