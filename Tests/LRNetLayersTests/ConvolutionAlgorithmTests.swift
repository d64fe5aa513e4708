import LRNetKernels
import LRNetLayers
import LRNetTestSupport
import Testing

/// Compares the convolution algorithms in whole passes of a network with each kind of layer that
/// Winograd's algorithm supports: strides 1 and 2, with and without input gradient.
@Suite struct ConvolutionAlgorithmTests {
    static let architecture = Architecture(
        name: "strided", input: ImageShape(height: 36, width: 40, channels: 3), classes: 5,
        blocks: [
            ConvolutionBlock(filters: 16, window: 7, stride: 2),
            ConvolutionBlock(filters: 32, window: 3), BasicResidualBlock(filters: 48, stride: 2),
            AveragePoolBlock(),
        ])

    private func makeRun(
        _ algorithm: ConvolutionAlgorithm, _ padding: Architecture.PaddingRule, threads: Int = 1,
        precision: ProductPrecision = .float32
    ) -> TrainingRun {
        var options = Network.Options(model: TernaryModel())
        options.convolutions = algorithm
        options.precision = precision
        var architecture = Self.architecture
        architecture.padding = padding
        let run = TrainingRun(
            options, architecture: architecture, samples: 8, threads: threads)
        run.fillParameters()
        return run
    }

    @Test(arguments: [Architecture.PaddingRule.same, .symmetric])
    func `direct and fastest convolutions agree on all gradients`(
        padding: Architecture.PaddingRule
    ) throws {
        let count = 8
        let images = TestData.normal(count * Self.architecture.input.count, stream: 1)
        let labels = (0..<count).map { Int32($0 % 5) }
        func gradients(
            _ algorithm: ConvolutionAlgorithm, threads: Int = 1, microBatch: Int
        ) throws -> [[Float]] {
            let run = makeRun(algorithm, padding, threads: threads)
            let layout = BatchLayout(
                globalCount: count, leafSize: 4, microBatch: microBatch, leafRun: 0..<2)
            try run.step(images.view, labels, run.pass(.training, layout))
            return run.parameterGradients.map(\.values)
        }
        let direct = try gradients(.direct, microBatch: 2)
        let fastest = try gradients(.fastest, microBatch: 2)
        try #require(direct.count == fastest.count && direct.count > 6)
        for (a, b) in zip(direct, fastest) { #expect(normError(b, a.doubles) < 1e-4) }
        #expect(direct != fastest, "the network has no layer that Winograd's algorithm serves")
        #expect(try gradients(.fastest, threads: 2, microBatch: 2) == fastest)
    }

    /// Rounded deviations change the pre-activations by some tenths of a percent. Batch norm over
    /// eight images and ReLU amplify that in the gradients.
    @Test(arguments: ConvolutionAlgorithm.allCases)
    func `mixed products give nearly the gradients of float32, with the same bits on more threads`(
        algorithm: ConvolutionAlgorithm
    ) throws {
        let count = 8
        let images = TestData.normal(count * Self.architecture.input.count, stream: 1)
        let labels = (0..<count).map { Int32($0 % 5) }
        func gradients(_ precision: ProductPrecision, threads: Int = 1) throws -> [[Float]] {
            let run = makeRun(algorithm, .same, threads: threads, precision: precision)
            let layout = BatchLayout(
                globalCount: count, leafSize: 4, microBatch: 2, leafRun: 0..<2)
            try run.step(images.view, labels, run.pass(.training, layout))
            return run.parameterGradients.map(\.values)
        }
        let (full, mixed) = (try gradients(.float32), try gradients(.mixed))
        try #require(full.count == mixed.count && full.count > 6)
        for (a, b) in zip(full, mixed) { #expect(normError(b, a.doubles) < 0.1) }
        #expect(full != mixed, "no product was rounded")
        for threads in [2, 3] { #expect(try gradients(.mixed, threads: threads) == mixed) }
    }
}
