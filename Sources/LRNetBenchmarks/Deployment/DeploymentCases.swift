internal import LRNetKernels
internal import LRNetReference
internal import LRNetSupport

/// The layers of the deployment benchmark: the largest layers of the CIFAR-10 network.
enum DeploymentCases {
    typealias Case = (row: DeploymentReport.Row, work: () -> Void)

    /// A fully connected layer of 8192 inputs and 1024 outputs.
    static func fullyConnected(_ pool: ThreadPool) throws -> [Case] {
        let (inputs, outputs) = (8192, 1024)
        let geometry = PatchGeometry(
            input: ImageShape(height: 1, width: 1, channels: inputs), window: 1)
        let trits = BenchmarkData.trits(inputs * outputs)
        let panels = IntegerPanels(trits, outputs: outputs, geometry: geometry)
        func row(_ name: String) -> DeploymentReport.Row {
            DeploymentReport.Row(
                group: "fully connected \(inputs) -> \(outputs)", name: name,
                products: inputs * outputs)
        }

        let matrix = FloatBuffer(trits.map { Float($0) }).all
        let x = BenchmarkData.normal(inputs)
        let expected = FloatBuffer(count: outputs).all
        try MatrixProduct.multiplyByOpenBLAS(matrix, vector: x, into: expected)

        let lookup = LookupProduct(panels)
        let tables = LookupProduct.Memory(lookup)
        let sums = FloatBuffer(count: outputs).all
        lookup.run(x, into: sums, pool: pool, memory: tables)
        let difference = KernelRun.difference(sums.values, expected.values)
        try check(difference <= KernelCase.longSum, "lookups", "by \(difference)")

        let bytes = BenchmarkData.bytes(inputs)
        let (image, rule) = (ByteImage(geometry.input, padding: .none, value: 0), rule(outputs))
        image.store(bytes)
        let product = PackedProduct(panels, rule: rule, zeroPoint: 0)
        let memory = PackedProduct.Memory(product)
        let result = ByteImage(
            ImageShape(height: 1, width: 1, channels: outputs), padding: .none, value: 0)
        product.run(image, into: result, pool: pool, memory: memory)
        try check(
            result.values
                == self.expected(bytes, trits, geometry, outputs: outputs), "packed product")

        return [
            (
                row("OpenBLAS sgemv, real weights"),
                { try? MatrixProduct.multiplyByOpenBLAS(matrix, vector: x, into: expected) }
            ),
            (
                row("2-bit weights, real activations"),
                { lookup.run(x, into: sums, pool: pool, memory: tables) }
            ),
            (
                row("2-bit weights, uint8 activations"),
                { product.run(image, into: result, pool: pool, memory: memory) }
            ),
        ]
    }

    /// A convolution of 3x3 windows from 256 to 256 channels on 16x16 pixels.
    static func convolution(_ pool: ThreadPool) throws -> [Case] {
        let outputs = 256
        let geometry = PatchGeometry(
            input: ImageShape(height: 16, width: 16, channels: 256), window: 3,
            padding: .same(height: 16, width: 16, window: 3, stride: 1))
        let (pixels, inner) = (geometry.outputPixelCount, geometry.patchCount)
        func row(_ name: String) -> DeploymentReport.Row {
            DeploymentReport.Row(
                group: "convolution 3x3, 16x16x256 -> 256", name: name,
                products: pixels * inner * outputs)
        }
        let trits = BenchmarkData.trits(inner * outputs)
        let kernel = IntegerConvolution(
            IntegerPanels(trits, outputs: outputs, geometry: geometry), rule: rule(outputs),
            zeroPoint: 0)
        let bytes = BenchmarkData.bytes(geometry.input.count)
        let image = ByteImage(geometry.input, padding: geometry.padding, value: 0)
        image.store(bytes)
        let result = ByteImage(
            ImageShape(
                height: geometry.outputHeight, width: geometry.outputWidth, channels: outputs),
            padding: .none, value: 0)
        let scratch = (0..<pool.threadCount).map { _ in
            ByteBuffer(count: kernel.scratchByteCount)
        }
        kernel.run(image, into: result, pool: pool, scratch: scratch)
        // The twin of all 256 outputs takes seconds.
        let few = 4
        let twin = expected(
            bytes, Array(trits.prefix(few * inner)), geometry, outputs: few)
        let found = result.values
        try check(
            (0..<pixels * few).allSatisfy {
                twin[$0] == found[$0 / few * outputs + $0 % few]
            }, "integer convolution")

        let image32 = FloatBuffer(bytes.map { Float($0) }).all
        let patches = FloatBuffer(count: pixels * inner).all
        let matrix = BenchmarkData.normal(inner * outputs)
        let sums = FloatBuffer(count: pixels * outputs).all
        return [
            (
                row("patches and OpenBLAS sgemm, real weights"),
                {
                    geometry.gather(image32, into: patches)
                    try? MatrixProduct.multiplyByOpenBLAS(
                        patches, matrix, into: sums, rows: pixels, columns: outputs, inner: inner)
                }
            ),
            (
                row("2-bit weights, uint8 activations"),
                { kernel.run(image, into: result, pool: pool, scratch: scratch) }
            ),
        ]
    }

    private static func rule(_ outputs: Int) -> OutputRule {
        OutputRule(
            bias: Array(repeating: bias, count: outputs),
            factor: Array(repeating: factor, count: outputs), offset: 0, ceiling: 255)
    }

    private static let (bias, factor): (Int32, Int32) = (9000, 515)

    /// Returns the bytes of the naive twin.
    private static func expected(
        _ input: [UInt8], _ weights: [Int8], _ geometry: PatchGeometry, outputs: Int
    ) -> [UInt8] {
        Reference.integerSums(
            input, weights: weights, geometry: geometry, outputs: outputs, zeroPoint: 0
        ).map {
            Reference.rounded($0, bias: Int(bias), factor: Int(factor), offset: 0, ceiling: 255)
        }
    }

    private static func check(
        _ isRight: Bool, _ kernel: String, _ detail: String = ""
    ) throws {
        guard !isRight else { return }
        throw Failure(
            call: "bench", subject: kernel,
            message: "differs from its naive twin\(detail.isEmpty ? "" : " ")\(detail); do not "
                + "deploy with this build on this machine", exitStatus: .internalError)
    }
}

extension BenchmarkData {
    /// Returns weights of -1, 0, +1 in equal shares.
    static func trits(_ count: Int) -> [Int8] {
        let key = NoiseKey(seed: 0, purpose: .test, index: 1)
        return (0..<count).map { Int8(key.integer($0, below: 3)) - 1 }
    }

    static func bytes(_ count: Int) -> [UInt8] {
        let key = NoiseKey(seed: 0, purpose: .test, index: 2)
        return (0..<count).map { UInt8(key.integer($0, below: 256)) }
    }
}
