import Foundation
import LRNetData
import LRNetKernels
import LRNetSupport
import Testing

@Suite struct ImageDecoderTests {
    /// Bound on the error of JPEG at quality 90, chroma halved, for a smooth image with a sharp
    /// corner.
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
    func `PNG images decode exactly and JPEG images within a tolerance`(
        height: Int, width: Int
    ) throws {
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

    /// `Golden/make_pictures.py` wrote these files.
    @Test func `JPEG and PNG files of other programs decode to their known pixels`() throws {
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

    /// Without Adobe's segment, the four values are the inks themselves, and 0 is no ink. The gray
    /// of ink 90, stored as luminance 165, is then read as cyan 165, magenta and yellow 128 (no
    /// chroma) and black 55.
    @Test func `CMYK values without an Adobe segment are read as plain inks`() throws {
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

    @Test(arguments: 1...8, [false, true])
    func `a JPEG is turned by its Exif orientation`(number: Int, isLittle: Bool) throws {
        let image = ImageFixture.image(0, height: 48, width: 64)
        let file = ImageFixture.turned(
            JPEGCodec.encode(image), exifOrientation: UInt8(number), isLittle: isLittle)
        let picture = try ImageDecoder().decode(file[...])
        #expect(picture.isPlainJPEG == (number == 1))
        let isTransposed = number >= 5
        #expect(picture.image.height == (isTransposed ? 64 : 48))
        // Exif names the sides of row 0 and column 0, and so the new place of the dark corner.
        let isAtBottom = [3, 4, 7, 8].contains(number)
        let isAtRight = [2, 3, 6, 7].contains(number)
        let row = isAtBottom ? picture.image.height - 4 : 3
        let column = isAtRight ? picture.image.width - 4 : 3
        for (y, x) in [(3, 3), (3, picture.image.width - 4), (picture.image.height - 4, 3)] {
            let value = picture.image.pixels[(y * picture.image.width + x) * 3]
            #expect((value < 60) == (y == row && x == column), "\(number) at \(y), \(x)")
        }
    }

    /// PNG has a chunk for Exif, with and without JPEG's prefix; ImageMagick used text chunks.
    @Test(arguments: ["eXIf", "prefixed eXIf", "exif tEXt", "APP1 tEXt", "exif zTXt"])
    func `a PNG is turned by an Exif orientation in any kind of chunk`(kind: String) throws {
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
        // Inserts the chunk after the signature and the header, where the checksum may be wrong.
        let file = png[..<33] + length + Array(chunk.utf8) + content + [0, 0, 0, 0] + png[33...]
        #expect(try ImageDecoder().decode(file[...]).image.height == 64)
        // Damage never crashes the decoder.
        for byte in 33..<33 + 12 + content.count {
            var damaged = file
            damaged[byte] ^= 0x55
            _ = problem(damaged)
        }
    }

    /// Returns the bytes as a stored block of zlib.
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

    @Test func `each Exif orientation moves every pixel to its exact place`() {
        let image = PixelImage(height: 2, width: 3, channels: 1, pixels: [1, 2, 3, 4, 5, 6])
        let expected: [[UInt8]] = [
            [1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4], [6, 5, 4, 3, 2, 1], [4, 5, 6, 1, 2, 3],
            [1, 4, 2, 5, 3, 6], [4, 1, 5, 2, 6, 3], [6, 3, 5, 2, 4, 1], [3, 6, 2, 5, 1, 4],
        ]
        for number in 1...8 {
            #expect(image.turned(exifOrientation: number).pixels == expected[number - 1])
        }
    }

    @Test func `a damaged Exif segment never crashes the decoder`() throws {
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

    @Test func `a truncated JPEG or PNG is rejected`() throws {
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

    @Test func `a flipped bit in a PNG never changes the image silently`() throws {
        let png = PNGCodec.encode(ImageFixture.image(2, height: 40, width: 30))
        let key = NoiseKey(seed: testSeed, purpose: .test, step: 61)
        // These bytes are the image data and their checksum.
        for byte in stride(from: 50, to: png.count - 16, by: 3) {
            var bytes = png
            bytes[byte] ^= 1 << UInt8(key.integer(byte, below: 8))
            if let picture = try? ImageDecoder().decode(bytes[...]) {
                #expect(picture.image == ImageFixture.image(2, height: 40, width: 30))
            }
        }
    }

    @Test func `a JPEG with a wrong size in its header is rejected`() throws {
        let jpeg = ImageFixture.jpeg(1, height: 64, width: 64)
        for (height, width) in [(128, 64), (64, 128), (32, 64), (64, 32), (1000, 1000)] {
            let message = problem(
                ImageFixture.claiming(jpeg, height: height, width: width))
            #expect(message?.hasPrefix("damaged or truncated JPEG: ") == true, "\(height)x\(width)")
        }
        #expect(problem(ImageFixture.claiming(jpeg, height: 64, width: 64)) == nil)
        #expect(problem(ImageFixture.claiming(jpeg, height: 0, width: 64)) != nil)
    }

    @Test func `images that declare too many pixels are rejected`() throws {
        let jpeg = ImageFixture.claiming(ImageFixture.jpeg(1), height: 65_000, width: 65_000)
        #expect(
            problem(jpeg, limit: 100_000_000)
                == "declares 65000x65000 pixels, more than --max-pixels 100000000")
        // A PNG of 3,000 equal rows has only a few kilobytes.
        let image = PixelImage(
            height: 3_000, width: 1_000, channels: 1,
            pixels: [UInt8](repeating: 7, count: 3_000_000))
        let png = PNGCodec.encode(image)
        #expect(png.count < 20_000)
        #expect(
            problem(png, limit: 2_999_999)
                == "declares 3000x1000 pixels, more than --max-pixels 2999999")
        #expect(problem(png, limit: 3_000_000) == nil)
    }

    @Test func `files of other types are rejected with their type`() {
        #expect(
            problem(Array("<html>\n".utf8))
                == "is an HTML page instead of the expected file; download the file itself")
        #expect(
            problem(Array("# a\n".utf8))
                == "is text that begins '# a'; only JPEG and PNG can be read")
        #expect(
            problem(Array("GIF89a\0\0".utf8)) == "is a GIF image; only JPEG and PNG can be read")
        #expect(
            problem([0x50, 0x4B, 3, 4, 0]) == "is a zip archive; only JPEG and PNG can be read")
        #expect(problem([1, 2, 3]) == "is neither JPEG nor PNG")
        #expect(problem([0xFF, 0xD8, 0xFF])?.hasPrefix("damaged or truncated JPEG") == true)
    }
}
