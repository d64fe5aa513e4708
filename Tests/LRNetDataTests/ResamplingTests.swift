import LRNetData
import LRNetKernels
import Testing

@Suite struct ResamplingTests {
    /// Each of the two passes rounds values to bytes and weights to 2^-22; errors hardly exceed 1.
    static let tolerance = 1.01

    private func randomImage(_ height: Int, _ width: Int, _ channels: Int) -> PixelImage {
        let key = NoiseKey(seed: testSeed, purpose: .test, step: UInt32(height * 1000 + width))
        return PixelImage(
            height: height, width: width, channels: channels,
            pixels: (0..<height * width * channels).map {
                UInt8(truncatingIfNeeded: key.bits($0))
            })
    }

    /// Computes the definition in Double, without separating the axes.
    private func reference(_ image: PixelImage, _ height: Int, _ width: Int) -> [Double] {
        func weights(_ position: Int, _ old: Int, _ new: Int) -> [Double] {
            let scale = Double(old) / Double(new)
            let radius = max(scale, 1)
            let shares = (0..<old).map {
                max(0, 1 - abs(Double($0) + 0.5 - (Double(position) + 0.5) * scale) / radius)
            }
            let sum = shares.reduce(0, +)
            return shares.map { $0 / sum }
        }
        var values: [Double] = []
        for row in 0..<height {
            let rows = weights(row, image.height, height)
            for column in 0..<width {
                let columns = weights(column, image.width, width)
                for channel in 0..<image.channels {
                    var sum = 0.0
                    for y in 0..<image.height where rows[y] > 0 {
                        for x in 0..<image.width where columns[x] > 0 {
                            let pixel = (y * image.width + x) * image.channels + channel
                            sum += rows[y] * columns[x] * Double(image.pixels[pixel])
                        }
                    }
                    values.append(sum)
                }
            }
        }
        return values
    }

    @Test(arguments: [
        [1, 1, 3, 5], [9, 13, 4, 6], [13, 9, 13, 4], [7, 11, 20, 3], [31, 17, 5, 29], [8, 8, 4, 4],
    ])
    func `resizing matches its definition`(sizes: [Int]) {
        for channels in [1, 3] {
            let image = randomImage(sizes[0], sizes[1], channels)
            let resized = image.resized(height: sizes[2], width: sizes[3])
            let expected = reference(image, sizes[2], sizes[3])
            #expect(resized.pixels.count == expected.count)
            let worst = zip(resized.pixels, expected).map { abs(Double($0) - $1) }.max() ?? 0
            #expect(worst <= Self.tolerance, "\(sizes), \(channels) channels: \(worst)")
        }
    }

    @Test func `an image of one color keeps it when resized`() {
        for value: UInt8 in [0, 1, 127, 254, 255] {
            let image = PixelImage(
                height: 37, width: 23, channels: 3,
                pixels: [UInt8](repeating: value, count: 37 * 23 * 3))
            let resized = image.resized(height: 10, width: 31)
            #expect(resized.pixels.allSatisfy { $0 == value })
        }
    }

    @Test func `resized images have the requested size, and fitting ones stay unchanged`() {
        let image = randomImage(30, 51, 3)
        #expect(image.resized(height: 30, width: 51) == image)
        #expect(image.reduced(toShorterSide: 30) == image)
        #expect(image.reduced(toShorterSide: 64) == image)
        let reduced = image.reduced(toShorterSide: 16)
        // 51 * 16 / 30 = 27.2
        #expect(reduced.height == 16 && reduced.width == 27)
        #expect(image.covering(height: 30, width: 51) == image)
        for (height, width) in [(32, 32), (8, 20), (51, 30), (1, 1), (7, 90)] {
            let covered = image.covering(height: height, width: width)
            #expect(covered.height == height && covered.width == width)
        }
        // If one side fits, the image is only cropped.
        #expect(
            image.covering(height: 30, width: 11)
                == image.cropped(top: 0, left: 20, height: 30, width: 11))
    }
}
