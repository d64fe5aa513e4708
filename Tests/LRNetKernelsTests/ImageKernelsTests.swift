import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct ImageKernelsTests {
    /// Random bytes. Those around an image, which must not be read, also differ from 0.
    private func bytes(_ count: Int, stream: UInt32) -> [UInt8] {
        TestData.uniform(count, in: 0...256, stream: stream).map { UInt8(min($0, 255)) }
    }

    static let windows = [
        // The whole image, parts of it, windows across each border, outside and far outside.
        (0, 0, 5, 23), (1, 2, 3, 17), (-2, -3, 5, 23), (3, 10, 6, 30), (-4, -4, 13, 31),
        (0, -1, 1, 1), (9, 0, 2, 3), (0, 23, 5, 4), (0, -40, 5, 30), (-7, 2, 7, 5), (2, 5, 1, 16),
    ]

    @Test(arguments: windows, [1, 2, 3, 4])
    func `cropping equals the reference for every window, mirrored or not`(
        place: (top: Int, left: Int, height: Int, width: Int), channels: Int
    ) {
        let shape = ImageShape(height: 5, width: 23, channels: channels)
        let pixels = bytes(shape.count + 20, stream: UInt32(channels))
        for mirrored in [false, true] {
            let window = CropWindow(
                top: place.top, left: place.left, height: place.height, width: place.width,
                isMirrored: mirrored)
            let target = FloatView.unwritten(place.height * place.width * channels)
            ImageKernels.crop(
                pixels[11..<11 + shape.count], shape: shape, window: window, into: target)
            let expected = Reference.crop(
                Array(pixels[11...]), height: 5, width: 23, channels: channels, top: place.top,
                left: place.left, rows: place.height, columns: place.width, mirrored: mirrored)
            #expect(target.values.doubles == expected)
            // A resize to the same size is the same crop.
            let resized = FloatView.unwritten(target.count)
            ImageResizer().crop(
                pixels[11..<11 + shape.count], shape: shape, height: 5, width: 23, window: window,
                into: resized)
            #expect(resized.values == target.values)
        }
    }

    static let sizes = [
        (5, 23, 8, 31), (5, 23, 3, 9), (5, 23, 1, 1), (1, 1, 4, 3), (2, 3, 20, 2), (31, 2, 7, 2),
        (8, 8, 16, 4), (13, 11, 12, 10),
    ]

    @Test(arguments: sizes, [1, 3])
    func `resizing equals the reference inside and outside the image`(
        size: (height: Int, width: Int, toHeight: Int, toWidth: Int), channels: Int
    ) {
        let shape = ImageShape(height: size.height, width: size.width, channels: channels)
        let pixels = bytes(shape.count + 5, stream: 7)
        let image = Array(pixels[2..<2 + shape.count])
        let whole = Reference.resize(
            image, height: size.height, width: size.width, channels: channels,
            toHeight: size.toHeight, toWidth: size.toWidth)
        // Values up to 255 after a handful of roundings in each direction.
        let tolerance = Tolerance(absolute: 255 * 20 * Tolerance.unitRoundoff)
        let resizer = ImageResizer()
        let windows = [
            CropWindow(top: 0, left: 0, height: size.toHeight, width: size.toWidth),
            CropWindow(top: -2, left: -1, height: size.toHeight + 3, width: size.toWidth + 5),
            CropWindow(
                top: size.toHeight / 2, left: size.toWidth / 3, height: (size.toHeight + 1) / 2,
                width: max(size.toWidth / 2, 1), isMirrored: true),
            CropWindow(top: size.toHeight, left: 0, height: 2, width: 2),
            CropWindow(top: 0, left: -9, height: 2, width: 4),
        ]
        for window in windows {
            let target = FloatView.unwritten(window.height * window.width * channels)
            resizer.crop(
                pixels[2..<2 + shape.count], shape: shape, height: size.toHeight,
                width: size.toWidth,
                window: window, into: target)
            var expected: [Double] = []
            for y in 0..<window.height {
                for x in 0..<window.width {
                    let row = window.top + y
                    let column = window.left + (window.isMirrored ? window.width - 1 - x : x)
                    let isInside =
                        (0..<size.toHeight).contains(row) && (0..<size.toWidth).contains(column)
                    for c in 0..<channels {
                        let index = (row * size.toWidth + column) * channels + c
                        expected.append(isInside ? whole[index] : 0)
                    }
                }
            }
            #expect(distance(target.values, expected, tolerance) <= 1, "\(window)")
        }
    }

    /// PyTorch 2.15, float64: `interpolate(x, size, mode="bilinear", antialias=True)` of the image
    /// whose value `i` is `(37 i^2 + 11 i) mod 256`, 5 x 7 pixels of 2 channels.
    @Test func `resizing equals PyTorch's antialiased bilinear interpolation`() {
        let shape = ImageShape(height: 5, width: 7, channels: 2)
        let pixels = (0..<shape.count).map { (i: Int) -> UInt8 in
            let value: Int = 37 * i * i + 11 * i
            return UInt8(value % 256)
        }
        let of3x4: [Double] = [
            133.90476, 85.19728, 145.2, 178.50286, 167.94286, 104.92571, 149.68707, 187.83673,
            151.33333, 116.6455, 128.76444, 151.34222, 150.68444, 106.52444, 157.68254,
            138.06349, 180.89796, 81.08844, 161.26857, 99.16571, 109.22286, 83.92, 98.28571,
            97.52381,
        ]
        let of2x9: [Double] = [
            136.18182, 79.81818, 149.15152, 98.36364, 145.85859, 158.46465, 135.05051, 202.0,
            140.0, 132.0, 185.11111, 93.11111, 155.47475, 121.69697, 140.30303, 163.45455,
            178.0, 183.45455, 173.63636, 59.81818, 164.30303, 110.36364, 171.19192, 130.22222,
            158.92929, 114.12121, 65.45455, 81.45455, 147.89899, 79.89899, 110.34343, 100.56566,
            96.30303, 116.30303, 166.0, 114.0,
        ]
        let of8x11: [Double] = [
            0.0, 48.0, 77.27273, 76.18182, 165.81818, 119.27273, 136.54545, 184.18182,
            121.81818, 170.54545, 118.0, 98.0, 139.63636, 50.90909, 172.18182, 84.54545,
            219.27273, 225.81818, 148.54545, 249.27273, 84.0, 252.0, 104.125, 45.375,
        ]
        let golden: [(Int, Int, [Double])] = [(3, 4, of3x4), (2, 9, of2x9), (8, 11, of8x11)]
        for (height, width, values) in golden {
            let target = FloatView.unwritten(height * width * 2)
            ImageResizer().crop(
                pixels[...], shape: shape, height: height, width: width,
                window: CropWindow(top: 0, left: 0, height: height, width: width), into: target)
            // The numbers above have five decimal places.
            #expect(
                distance(
                    Array(target.values.prefix(values.count)), values, Tolerance(absolute: 3e-5))
                    <= 1)
        }
    }

    @Test(arguments: TestData.counts.dropFirst() + [3072, 12_289])
    func `standardizing equals the reference and turns constant images to zero`(count: Int) {
        for (stream, range) in [0.0...255.0, 130.0...131.0].enumerated() {
            let values = TestData.uniform(count, in: range, stream: UInt32(stream))
            let view = values.view
            let moments = ImageKernels.moments(view)
            let mean = values.doubles.reduce(0, +) / Double(count)
            #expect(abs(moments.mean - mean) <= 64 * Tolerance.unitRoundoff * 255)
            ImageKernels.standardize(view)
            let expected = Reference.standardized(values.doubles)
            // The error of the mean is some units in the last place of the values; it is divided
            // by the deviation.
            let deviation = max(moments.deviation, 1 / Double(count).squareRoot())
            let tolerance = Tolerance(
                absolute: 16 * Tolerance.unitRoundoff * range.upperBound / deviation,
                relative: 1e-5)
            #expect(distance(view.values, expected, tolerance) <= 1)
        }
        // An image of one color becomes black, not infinite.
        let flat = [Float](repeating: 7, count: count).view
        ImageKernels.standardize(flat)
        #expect(flat.values.allSatisfy { abs($0) < 1e-4 })
    }

    @Test(arguments: [1, 2, 3, 4, 5, 16, 17])
    func `channel means and affine maps equal their formulas`(channels: Int) {
        for pixelCount in [1, 5, 16, 31, 97] {
            let values = TestData.uniform(pixelCount * channels, in: 0...255)
            let means = ImageKernels.channelMeans(values.view, channels: channels)
            let factors = TestData.uniform(channels, in: 0.5...2, stream: 1)
            let offsets = TestData.uniform(channels, in: -9...9, stream: 2)
            let view = values.view
            ChannelAffine(factors: factors, offsets: offsets).apply(view)
            let expected = values.doubles.enumerated().map { i, x in
                x * Double(factors[i % channels]) + Double(offsets[i % channels])
            }
            // The product and the sum are rounded together.
            #expect(distance(view.values, expected, .oneRounding) <= 1)
            for c in 0..<channels {
                let own = stride(from: c, to: values.count, by: channels).map { values[$0] }
                let mean = own.doubles.reduce(0, +) / Double(pixelCount)
                #expect(abs(means[c] - mean) < 1e-10)
            }
        }
    }

    @Test func `the affine map standardizes by the given means and deviations`() {
        let values = TestData.uniform(3 * 50, in: 0...255)
        let (mean, deviation) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        let view = values.view
        ChannelAffine(standardizing: mean, deviation: deviation).apply(view)
        let expected = values.doubles.enumerated().map { i, x in
            (x / 255 - mean[i % 3]) / deviation[i % 3]
        }
        #expect(distance(view.values, expected, Tolerance(absolute: 1e-6, relative: 1e-6)) <= 1)
    }

    @Test(arguments: TestData.counts)
    func `division by 255 equals Swift's division of every value`(count: Int) {
        let values = (0..<count).map { Float($0 % 256) }
        let view = values.view
        ImageKernels.divide(view, by: 255)
        #expect(view.values == values.map { $0 / 255 })
    }
}
