import LRNetKernels
import LRNetReference
import LRNetTestSupport
import Testing

/// Compares the kernels for weights of few bits with plain integer loops.
@Suite struct IntegerLayerTests {
    /// A window, the image, the outputs, and the largest weight.
    struct Example: CustomTestStringConvertible {
        var geometry: PatchGeometry
        var outputs: Int
        var reach = 1
        var zeroPoint = 0
        var offset = 0
        var ceiling = 255

        var testDescription: String {
            "\(geometry.input) \(geometry.window)x\(geometry.window)/\(geometry.stride) to "
                + "\(outputs), weights to \(reach), zero point \(zeroPoint)"
        }

        init(
            _ height: Int, _ width: Int, _ channels: Int, window: Int, stride: Int = 1,
            padding: Padding = .none, outputs: Int, reach: Int = 1, zeroPoint: Int = 0,
            offset: Int = 0, ceiling: Int = 255
        ) {
            geometry = PatchGeometry(
                input: ImageShape(height: height, width: width, channels: channels),
                window: window, stride: stride, padding: padding)
            (self.outputs, self.reach, self.zeroPoint) = (outputs, reach, zeroPoint)
            (self.offset, self.ceiling) = (offset, ceiling)
        }

        /// A number that depends on a key alone, in `0 ..< limit`.
        func number(_ index: Int, _ stream: UInt32, _ limit: Int) -> Int {
            let key = NoiseKey(seed: TestData.seed, purpose: .test, layer: 7, index: stream)
            return key.integer(index, below: limit)
        }

        var input: [UInt8] { (0..<geometry.input.count).map { UInt8(number($0, 0, 256)) } }

        var weights: [Int8] {
            (0..<geometry.patchCount * outputs).map {
                Int8(number($0, 1, 2 * reach + 1) - reach)
            }
        }

        var bias: [Int32] { (0..<outputs).map { Int32(number($0, 2, 4000) - 2000) } }

        /// Signed powers of two, some of which saturate every channel.
        var factor: [Int32] {
            (0..<outputs).map { output in
                let large = 1 << number(output, 3, 18)
                return Int32(large + (1 << number(output, 4, 10)))
            }
        }

        var rule: OutputRule {
            OutputRule(
                bias: bias, factor: factor, offset: Int32(offset), ceiling: Int32(ceiling))
        }

        var expected: [UInt8] {
            let sums = Reference.integerSums(
                input, weights: weights, geometry: geometry, outputs: outputs,
                zeroPoint: zeroPoint)
            return sums.indices.map { index in
                let output = index % outputs
                return Reference.rounded(
                    sums[index], bias: Int(bias[output]), factor: Int(factor[output]),
                    offset: offset, ceiling: ceiling)
            }
        }

        /// Runs the convolution kernel with more padding around the input than it needs.
        func convolution(threads: Int) -> [UInt8] {
            let pool = ThreadPool.testing(threads)
            let weights = IntegerPanels(weights, outputs: outputs, geometry: geometry)
            let kernel = IntegerConvolution(weights, rule: rule, zeroPoint: Int32(zeroPoint))
            var padding = geometry.padding
            padding.top += 1
            padding.right += 2
            let image = ByteImage(geometry.input, padding: padding, value: UInt8(zeroPoint))
            image.store(input)
            let output = ByteImage(
                outputShape, padding: Padding(top: 2, left: 1, bottom: 0, right: 3), value: 77)
            kernel.run(
                image, into: output, pool: pool,
                scratch: (0..<threads).map { _ in
                    ByteBuffer(count: kernel.scratchByteCount, value: 99)
                })
            return output.values
        }

        var outputShape: ImageShape {
            ImageShape(
                height: geometry.outputHeight, width: geometry.outputWidth, channels: outputs)
        }
    }

    private static let one = Padding(top: 1, left: 1, bottom: 1, right: 1)

    static let windows = [
        Example(5, 6, 1, window: 1, outputs: 1),
        Example(
            28, 28, 1, window: 5, padding: Padding(top: 2, left: 2, bottom: 2, right: 2),
            outputs: 32),
        Example(9, 13, 3, window: 3, padding: one, outputs: 17, reach: 64, zeroPoint: 91),
        Example(
            8, 8, 16, window: 3, stride: 2, padding: Padding(top: 0, left: 0, bottom: 1, right: 1),
            outputs: 48, zeroPoint: 1, ceiling: 2),
        Example(7, 5, 20, window: 3, padding: one, outputs: 64, offset: 128),
        Example(6, 11, 33, window: 2, outputs: 65, zeroPoint: 128),
        Example(4, 4, 64, window: 4, outputs: 130),
        Example(10, 3, 7, window: 1, stride: 3, outputs: 200, reach: 64),
        Example(
            12, 12, 5, window: 7, stride: 2, padding: Padding(top: 3, left: 3, bottom: 3, right: 3),
            outputs: 96, zeroPoint: 3),
    ]

    @Test(arguments: windows, [1, 2, 3])
    func `integer convolutions give the bytes of plain loops`(example: Example, threads: Int) {
        #expect(example.convolution(threads: threads) == example.expected)
    }

    static let rows: [Example] = [1, 3, 4, 15, 16, 17, 64, 100, 800, 3137].flatMap { inputs in
        [1, 16, 33, 64, 100, 129].map { outputs in
            Example(
                1, 1, inputs, window: 1, outputs: outputs, zeroPoint: inputs % 3,
                offset: outputs % 2 * 128)
        }
    }

    @Test(arguments: rows)
    func `packed products give the bytes of plain loops`(example: Example) {
        let weights = IntegerPanels(
            example.weights, outputs: example.outputs, geometry: example.geometry)
        let kernel = PackedProduct(
            weights, rule: example.rule, zeroPoint: Int32(example.zeroPoint))
        let image = ByteImage(example.geometry.input, padding: .none, value: 0)
        image.store(example.input)
        let memory = PackedProduct.Memory(kernel)
        for threads in [1, 2] {
            let output = ByteImage(example.outputShape, padding: .none, value: 0)
            kernel.run(image, into: output, pool: .testing(threads), memory: memory)
            #expect(output.values == example.expected)
        }
    }

    /// The largest sums that occur: every product has the same sign.
    @Test(arguments: [Int8(-1), 1])
    func `packed products of the largest inputs do not overflow`(weight: Int8) {
        let inputs = 65_000
        let geometry = PatchGeometry(
            input: ImageShape(height: 1, width: 1, channels: inputs), window: 1)
        let weights = IntegerPanels(
            Array(repeating: weight, count: inputs), outputs: 1, geometry: geometry)
        let offset: Int32 = 128
        let rule = OutputRule(
            bias: [-Int32(weight) * Int32(inputs) * 255 + 5], factor: [65_536], offset: offset,
            ceiling: 255)
        let kernel = PackedProduct(weights, rule: rule, zeroPoint: 0)
        let image = ByteImage(geometry.input, padding: .none, value: 255)
        let output = ByteImage(
            ImageShape(height: 1, width: 1, channels: 1), padding: .none, value: 0)
        kernel.run(image, into: output, pool: ThreadPool(), memory: PackedProduct.Memory(kernel))
        #expect(output.values == [133])
    }

    @Test(arguments: rows)
    func `lookups give the sums of plain loops`(example: Example) {
        let weights = example.weights
        let inputs = example.geometry.patchCount
        let kernel = LookupProduct(
            IntegerPanels(weights, outputs: example.outputs, geometry: example.geometry))
        let input = TestData.normal(inputs)
        let output = FloatView.unwritten(example.outputs)
        kernel.run(
            input.view, into: output, pool: .testing(2), memory: LookupProduct.Memory(kernel))
        for (index, value) in output.values.enumerated() {
            var (sum, size) = (0.0, 0.0)
            for k in 0..<inputs {
                sum += Double(weights[index * inputs + k]) * Double(input[k])
                size += abs(Double(input[k]))
            }
            #expect(abs(Double(value) - sum) <= 1e-6 * size)
        }
    }

    @Test(arguments: [
        (PatchGeometry(input: ImageShape(height: 6, width: 7, channels: 5), window: 2, stride: 2)),
        (PatchGeometry(
            input: ImageShape(height: 9, width: 8, channels: 130), window: 3, stride: 2,
            padding: Padding(top: 1, left: 1, bottom: 1, right: 1))),
        (PatchGeometry(input: ImageShape(height: 4, width: 4, channels: 64), window: 4)),
    ])
    func `pooling of bytes gives the largest value inside the image`(geometry: PatchGeometry) {
        let example = Example(
            geometry.input.height, geometry.input.width, geometry.input.channels, window: 1,
            outputs: 1)
        let channels = geometry.input.channels
        let input = ByteImage(
            geometry.input, padding: Padding(top: 1, left: 0, bottom: 2, right: 1), value: 255)
        input.store(example.input)
        let output = ByteImage(
            ImageShape(
                height: geometry.outputHeight, width: geometry.outputWidth, channels: channels),
            padding: Self.one, value: 3)
        BytePooling.maximum(input, geometry, into: output)
        var expected = [UInt8](repeating: 0, count: geometry.outputPixelCount * channels)
        Reference.forEachTap(geometry, images: 1) { pixel, _, from in
            for c in 0..<channels {
                expected[pixel * channels + c] = max(
                    expected[pixel * channels + c], example.input[from * channels + c])
            }
        }
        #expect(output.values == expected)
    }

    /// The residual sum of a block: identity, projection, and every second pixel with new channels.
    @Test(arguments: [(1, 6, UInt8(0)), (1, 6, 128), (2, 9, 0)])
    func `sums of byte images are clipped`(stride: Int, channels: Int, zeroPoint: UInt8) {
        let x = ImageShape(height: 5, width: 6, channels: 6)
        let y = ImageShape(
            height: (5 + stride - 1) / stride, width: (6 + stride - 1) / stride,
            channels: channels)
        let (left, right) = (
            Example(5, 6, 6, window: 1, outputs: 1).input,
            Array(Example(9, 9, 9, window: 1, outputs: 1).input.reversed().prefix(y.count))
        )
        let other = ByteImage(x, padding: Self.one, value: 0)
        other.store(left)
        let sum = ByteImage(y, padding: .none, value: 0)
        sum.store(right)
        ByteSums.add(
            other, zeroPoint: Int16(zeroPoint), stride: stride, to: sum, zeroPoint: 128)
        for (index, value) in sum.values.enumerated() {
            let (pixel, channel) = (index / channels, index % channels)
            let (row, column) = (pixel / y.width * stride, pixel % y.width * stride)
            let added =
                channel < 6 ? Int(left[(row * 6 + column) * 6 + channel]) - Int(zeroPoint) : 0
            #expect(Int(value) == min(max(Int(right[index]) - 128 + added, 0), 255))
        }
        #expect(
            ByteSums.channels(other)
                == (0..<6).map { channel in
                    Swift.stride(from: channel, to: left.count, by: 6).reduce(0) {
                        $0 + Int32(left[$1])
                    }
                })
    }
}
