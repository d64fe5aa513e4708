import Foundation
import LRNetKernels
import LRNetLayers
import LRNetTestSupport
import Testing

/// Compares layers with PyTorch in float64.
@Suite struct GoldenLayerTests {
    /// The error of one layer: sums of up to 75 Float32 products of numbers around 1.
    static let oneLayer = Tolerance(absolute: 2e-5, relative: 1e-5)

    struct Layer: Sendable, CustomTestStringConvertible {
        let name: String
        let input: ImageShape
        let window: Int?
        let outputs, samples, step, index: Int
        var testDescription: String { name }
    }

    static let layers = [
        Layer(
            name: "convolutionTernary", input: ImageShape(height: 5, width: 4, channels: 3),
            window: 3, outputs: 5, samples: 3, step: 2, index: 1),
        Layer(
            name: "convolutionBinary", input: ImageShape(height: 6, width: 7, channels: 2),
            window: 5, outputs: 3, samples: 2, step: 70_000, index: 4),
        Layer(
            name: "linearTernary", input: ImageShape(height: 1, width: 1, channels: 13),
            window: nil, outputs: 7, samples: 5, step: 0, index: 0),
        Layer(
            name: "linearBinary", input: ImageShape(height: 1, width: 1, channels: 11),
            window: nil, outputs: 3, samples: 4, step: 5, index: 300),
    ]

    /// Cut 0 has leaves of one sample, cut 1 one leaf of all samples, and cut 2 such a leaf in
    /// micro-batches of one sample.
    @Test(arguments: layers, [0, 1, 2])
    func `reparameterized layers equal PyTorch's values and gradients`(
        layer: Layer, cut: Int
    ) throws {
        let golden = Golden(layer.name)
        let geometry =
            layer.window.map {
                PatchGeometry(
                    input: layer.input, window: $0,
                    padding: .same(
                        height: layer.input.height, width: layer.input.width, window: $0,
                        stride: 1))
            } ?? .whole(layer.input)
        let isTernary = layer.name.hasSuffix("Ternary")
        let ours = WeightedLayer(
            name: layer.name, index: layer.index, inputShape: layer.input, geometry: geometry,
            outputs: layer.outputs, model: isTernary ? TernaryModel() : BinaryModel())
        let harness = LayerHarness(
            ours, samples: layer.samples, leafSize: cut == 0 ? 1 : nil,
            microBatch: cut == 1 ? nil : 1, threads: 2, step: layer.step)
        let monitor = VarianceMonitor(workerCount: 2)
        ours.varianceMonitor = monitor
        let names = isTernary ? ["zeroLogit", "signLogit"] : ["signLogit"]
        #expect(ours.latents.map(\.name) == names.map { "\(layer.name).\($0)" })
        for (latent, name) in zip(ours.latents, names) {
            latent.value.copy(from: golden.floats(name))
        }
        let input = golden.floats("input")
        ours.prepare(harness.pass())
        let mean = try harness.forward(input, .estimating)
        #expect(distance(mean, golden["mean"], Self.oneLayer) <= 1)
        let output = try harness.forward(input)
        #expect(distance(output, golden["output"], Self.oneLayer) <= 1)
        #expect(
            distance([monitor.value], golden["smallestVariance"], Self.oneLayer) <= 1)

        let inputGradient = try harness.backward(golden.floats("outputGradient"))
        #expect(distance(inputGradient, golden["inputGradient"], Self.oneLayer) <= 1)
        for (latent, name) in zip(ours.latents, names) {
            let expected = golden[name + "Gradient"]
            #expect(distance(latent.gradient.values, expected, Self.oneLayer) <= 1, "\(name)")
        }
    }

    @Test(arguments: [("batchNormSynchronized", 2, 2, 6), ("batchNormGroups", 1, 3, 4)])
    func `batch norm with ReLU and its gradients equal PyTorch's`(
        name: String, height: Int, width: Int, group: Int
    ) throws {
        let golden = Golden(name)
        var options = BatchNormalization.Options()
        if group < 6 { options.statistics = .group(group) }
        options.momentum = 0.75
        let layer = BatchNormalization(
            name: "bn1", inputShape: ImageShape(height: height, width: width, channels: 5),
            rectified: true, options: options)
        layer.gamma.value.copy(from: golden.floats("gamma"))
        layer.beta.value.copy(from: golden.floats("beta"))
        let harness = LayerHarness(layer, samples: 6, leafSize: 2)
        // Gradients are divided by deviations around 2, not below 0.03.
        let tolerance = Tolerance(absolute: 3e-6, relative: 3e-6)
        let output = try harness.forward(golden.floats("input"))
        #expect(distance(output, golden["output"], tolerance) <= 1)
        let gradient = try harness.backward(golden.floats("outputGradient"))
        #expect(distance(gradient, golden["inputGradient"], tolerance) <= 1)
        let sums = Tolerance(absolute: 1e-5, relative: 3e-6)
        #expect(distance(layer.gamma.gradient.values, golden["gammaGradient"], sums) <= 1)
        #expect(distance(layer.beta.gradient.values, golden["betaGradient"], sums) <= 1)
        let means = golden["mean"].map { 0.25 * $0 }
        let variances = golden["variance"].map { 0.75 + 0.25 * $0 }
        #expect(distance(layer.movingMean, means, tolerance) <= 1)
        #expect(distance(layer.movingVariance, variances, tolerance) <= 1)
    }

    @Test(arguments: [("pool", 7, 5, 3, 2), ("poolOverlapping", 8, 7, 3, 3)])
    func `max pooling and its gradient equal PyTorch's`(
        name: String, height: Int, width: Int, channels: Int, window: Int
    ) throws {
        let golden = Golden(name)
        let layer = MaxPoolLayer(
            name: "pool1",
            geometry: PatchGeometry(
                input: ImageShape(height: height, width: width, channels: channels),
                window: window, stride: 2))
        let harness = LayerHarness(layer, samples: 2, leafSize: 1)
        #expect(try harness.forward(golden.floats("input")) == golden.floats("output"))
        let gradient = try harness.backward(golden.floats("outputGradient"))
        #expect(distance(gradient, golden["inputGradient"], Tolerance(absolute: 1e-6)) <= 1)
    }

    @Test func `cross-entropy and its gradient equal PyTorch's`() {
        let golden = Golden("crossEntropy")
        let labels = golden["labels"].map { Int32($0) }
        let loss = ClassificationLoss(classes: 7, sampleCount: 6)
        let layout = BatchLayout(globalCount: 6, leafSize: 4, microBatch: 2, leafRun: 0..<2)
        let logits = golden.floats("logits")
        let totals = loss.evaluate(logits: logits.view, labels: labels, layout: layout)
        #expect(totals.map(\.sampleCount) == [4, 2])
        let sum = totals.reduce(0) { $0 + $1.loss }
        #expect(abs(sum / 6 - golden["loss"][0]) < 1e-8)
        // The golden numbers have nine digits.
        let tolerance = Tolerance(absolute: 1e-10, relative: 1e-7)
        #expect(distance(loss.gradient(layout).values, golden["gradient"], tolerance) <= 1)
        let wrong = (0..<6).filter { sample in
            let row = logits[sample * 7..<sample * 7 + 7]
            return row.max() != row[sample * 7 + Int(labels[sample])]
        }
        #expect(totals.map(\.errorCount) == [wrong.count { $0 < 4 }, wrong.count { $0 >= 4 }])
    }

    @Test func `three Adam steps equal PyTorch's`() {
        let golden = Golden("adam")
        let count = golden["start"].count
        let parameter = golden.floats("start").view
        let (first, second) = (FloatBuffer(count: count).all, FloatBuffer(count: count).all)
        let gradients = golden.floats("gradients")
        for step in 0..<3 {
            let time = Double(step + 1)
            AdamKernel.update(
                parameter: parameter,
                gradient: Array(gradients[step * count..<(step + 1) * count]).view,
                firstMoment: first, secondMoment: second,
                step: AdamKernel.Step(
                    learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
                    correction1: Float(1 / (1 - pow(0.9, time))),
                    correction2: Float(1 / (1 - pow(0.999, time))), decay: 0.02))
        }
        // 1 - 0.999 in Float32 has a relative error of 3e-5; see AdamKernelTests.
        let tolerance = Tolerance(absolute: 2e-6, relative: 5e-7)
        #expect(distance(parameter.values, golden["result"], tolerance) <= 1)
        #expect(
            distance(first.values, golden["firstMoment"], Tolerance(absolute: 1e-6, relative: 1e-5))
                <= 1)
        #expect(
            distance(second.values, golden["secondMoment"], Tolerance(relative: 5e-5)) <= 1)
    }

    /// Adam with given gradients instead of the layer's.
    private final class GivenGradients: ParameterOptimizer {
        var gradient: FloatView
        var time = 1.0
        let moments: (first: FloatView, second: FloatView)

        init(count: Int) {
            gradient = FloatBuffer(count: count).all
            moments = (FloatBuffer(count: count).all, FloatBuffer(count: count).all)
        }

        func update(_ parameter: Parameter, _ range: Range<Int>, gradient _: FloatView) {
            AdamKernel.update(
                parameter: parameter.value[range], gradient: gradient[range],
                firstMoment: moments.first[range], secondMoment: moments.second[range],
                step: AdamKernel.Step(
                    learningRate: 0.75, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
                    correction1: Float(1 / (1 - pow(0.9, time))),
                    correction2: Float(1 / (1 - pow(0.999, time))), decay: 0))
        }
    }

    /// Adam continues from the limit, so clipping only at the end would give other logits.
    @Test func `logits are clipped after every Adam step`() throws {
        let golden = Golden("logitClip")
        let input = ImageShape(height: 1, width: 1, channels: 2)
        let layer = WeightedLayer(
            name: "fc1", index: 0, inputShape: input, geometry: .whole(input), outputs: 3,
            model: BinaryModel())
        layer.logitClip = 1.5
        let harness = LayerHarness(layer, samples: 1)
        layer.latents[0].value.copy(from: golden.floats("start"))
        let optimizer = GivenGradients(count: 6)
        let gradients = golden.floats("gradients")
        for step in 0..<3 {
            optimizer.time = Double(step + 1)
            optimizer.gradient = Array(gradients[step * 6..<step * 6 + 6]).view
            try layer.update(harness.pass(), by: optimizer)
        }
        let result = layer.latents[0].value.values
        #expect(distance(result, golden["result"], Tolerance(absolute: 2e-5)) <= 1)
        #expect(result.contains { abs($0) == 1.5 } && result.contains { abs($0) < 1.5 })
    }

    /// A whole network with golden numbers.
    struct Known: Sendable, CustomTestStringConvertible {
        let name: String
        var architecture = TrainingRun.architecture.narrowed()
        var model: any WeightModel = TernaryModel()
        var group: Int?
        /// Roundings of three normalized layers: measured 7e-7.
        var tolerance = 5e-6
        var testDescription: String { name }
    }

    static let networks = [
        Known(name: "networkTernary"),
        // The last group of the binary batch has two samples, so its deviations can be small:
        // measured 9e-5.
        Known(name: "networkBinary", model: BinaryModel(), group: 4, tolerance: 3e-4),
        Known(name: "residualTernary", architecture: .residual(.symmetric).narrowed()),
        Known(
            name: "residualBinary",
            architecture: .residual(.same, firstLayer: .fullPrecision).narrowed(),
            model: BinaryModel(), group: 2, tolerance: 3e-5),
        // The frozen first layer has a stride of 2 and a window of 7, under both padding rules.
        Known(
            name: "residualZeroPadded",
            architecture: .zeroPadded(.same).narrowed(height: 11, width: 8),
            model: BinaryModel()),
        Known(
            name: "residualZeroPaddedSymmetric",
            architecture: .zeroPadded(.symmetric).narrowed(height: 11, width: 8)),
        Known(name: "networkBNN", model: BinaryConnectModel(.binaryActivations)),
        Known(name: "networkBWN", model: FilterScaleModel()),
        Known(
            name: "networkXNOR", architecture: TrainingRun.realFirstLayer.narrowed(),
            model: FilterScaleModel(hasBinaryActivations: true)),
        Known(name: "networkTTQ", model: TrainedTernaryModel()),
    ]

    /// Checks one step, with noise and dropout as documented.
    @Test(arguments: networks, [(6, 1), (6, 2), (2, 2)])
    func `whole networks equal PyTorch's loss, logits, gradients and statistics`(
        known: Known, cut: (leafSize: Int, threads: Int)
    ) throws {
        let golden = Golden(known.name)
        var options = Network.Options(model: known.model)
        options.dropout = 0.25
        if let group = known.group { options.batchNorm.statistics = .group(group) }
        let run = TrainingRun(
            options, architecture: known.architecture, samples: 6, threads: cut.threads)
        let network = run.network
        let statistics = network.batchNorms.flatMap { ["\($0.name).mean", "\($0.name).variance"] }
        #expect(
            Set(network.parameters.map(\.name))
                == Set(golden.values.keys.filter { !$0.contains(":") }).subtracting(
                    ["images", "labels", "loss", "logits"] + statistics))
        for parameter in network.parameters {
            parameter.value.copy(from: golden.floats(parameter.name))
        }
        let layout = BatchLayout(
            globalCount: 6, leafSize: cut.leafSize, microBatch: 2, leafRun: 0..<6 / cut.leafSize)
        let result = try run.step(
            golden.floats("images").view, golden["labels"].map { Int32($0) },
            run.pass(.training, layout, step: 3, seed: Golden.seed))
        #expect(abs(result.loss - golden["loss"][0]) < 2e-6 * golden["loss"][0])
        #expect(
            distance(result.logits, golden["logits"], Tolerance(absolute: 2e-5, relative: 1e-5))
                <= 1)
        for parameter in network.parameters {
            let error = normError(
                parameter.gradient.values, golden[parameter.name + ":gradient"])
            #expect(error < known.tolerance, "\(parameter.name)")
        }
        for layer in network.batchNorms {
            let means = golden[layer.name + ".mean"].map { 0.001 * $0 }
            let variances = golden[layer.name + ".variance"].map { 0.999 + 0.001 * $0 }
            let tolerance = Tolerance(absolute: 1e-8, relative: 1e-5)
            #expect(distance(layer.movingMean, means, tolerance) <= 1)
            #expect(distance(layer.movingVariance, variances, tolerance) <= 1)
        }
    }
}

extension Architecture {
    /// A small ResNet: overlapping pooling, and blocks with and without projection.
    static func residual(
        _ padding: PaddingRule, firstLayer: FirstLayer = .discrete
    ) -> Architecture {
        var result = Architecture(
            name: "small residual", input: ImageShape(height: 8, width: 6, channels: 3), classes: 4,
            blocks: [
                ConvolutionBlock(filters: 5, window: 3), MaxPoolBlock(window: 3, stride: 2),
                BasicResidualBlock(filters: 5), BasicResidualBlock(filters: 7, stride: 2),
                AveragePoolBlock(),
            ])
        result.padding = padding
        result.firstLayer = firstLayer
        return result
    }

    /// The same network with fewer channels, and optionally smaller images, to limit the size of
    /// the golden file.
    fileprivate func narrowed(height: Int? = nil, width: Int? = nil) -> Architecture {
        var result = self
        result.input = ImageShape(
            height: height ?? input.height, width: width ?? input.width, channels: 2)
        result.blocks = blocks.map { block in
            switch block {
            case let block as ConvolutionBlock:
                ConvolutionBlock(
                    filters: block.filters - 2, window: block.window, stride: block.stride)
            case let block as BasicResidualBlock:
                BasicResidualBlock(filters: block.filters - 2, stride: block.stride)
            case let block as FullyConnectedBlock: FullyConnectedBlock(units: block.units - 4)
            default: block
            }
        }
        return result
    }

    /// The same network with shortcuts without weights, after a frozen first layer of stride 2.
    static func zeroPadded(_ padding: PaddingRule) -> Architecture {
        var result = residual(padding, firstLayer: .frozen)
        result.input = ImageShape(height: 15, width: 12, channels: 3)
        result.blocks[0] = ConvolutionBlock(filters: 5, window: 7, stride: 2)
        result.shortcut = .zeroPadded
        return result
    }
}
