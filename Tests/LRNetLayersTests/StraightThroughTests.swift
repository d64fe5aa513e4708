import LRNetKernels
import LRNetLayers
import LRNetReference
import LRNetTestSupport
import Testing

/// Real weights in a network with the activations of another method.
private struct TwinModel: WeightModel {
    let activations: ActivationStyle
    private let plain = FullPrecisionModel()
    let name = "twin"
    let isProbabilistic = false
    let isDrawn = false
    let levels: Int? = nil

    func latents(for shape: WeightShape) -> [LatentTensor] { plain.latents(for: shape) }
    func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        plain.initialize(latents, shape: shape, from: source)
    }
    func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        plain.prepare(latents, step: step, into: weights, pool: pool)
    }
    func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        plain.pullBack(
            latents, first: first, step: step, gradient: gradient, into: latentGradients)
    }
    func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        plain.testWeights(latents, shape: shape, selection: selection, into: weights)
    }
}

/// Compares straight-through gradients with the rule itself: a network whose real weights are the
/// quantized ones yields dL/dw, and the method's published rule converts that into the latents'
/// gradient.
@Suite struct StraightThroughTests {
    static let layout = BatchLayout(globalCount: 12, leafSize: 4, microBatch: 2, leafRun: 0..<3)
    static let names: [TrainingMethod] = [
        .binaryConnect, .binaryConnectStochastic, .bnn, .bwn, .xnor, .twn, .ttq,
    ]

    /// A method's rule for one layer.
    private struct Rule {
        var weights: [Double]
        /// The factors that convert dL/dw into the gradient of each latent.
        var slopes: [Double]
    }

    private static func rule(
        _ name: TrainingMethod, _ layer: WeightedLayer, _ pass: Pass
    ) -> Rule {
        let w = layer.latents[0].value.values.doubles
        let ones = w.map { _ in 1.0 }
        switch name {
        case .binaryConnect, .bnn: return Rule(weights: w.map { $0 >= 0 ? 1 : -1 }, slopes: ones)
        case .binaryConnectStochastic:
            let key = NoiseKey(
                seed: pass.seed, purpose: .trainingWeights, step: UInt32(pass.step),
                layer: UInt16(layer.index))
            let drawn = w.enumerated().map { i, value in
                let u: Double = Reference.uniform(Reference.word(key, element: i))
                return u <= (value + 1) / 2 ? 1.0 : -1.0
            }
            return Rule(weights: drawn, slopes: ones)
        case .bwn, .xnor:
            let signs = Reference.filterSigns(w, outputs: layer.shape.outputs)
            let (rows, inputs) = (Double(layer.shape.fanIn), Double(layer.shape.inputs))
            let slopes = w.enumerated().map { i, value in
                ((abs(value) < 1 ? signs.scales[i % layer.shape.outputs] : 0) + 1 / rows)
                    * (1 - 1 / inputs)
            }
            return Rule(weights: signs.weights, slopes: slopes)
        case .twn:
            let (ternary, scale) = Reference.ternarize(w)
            return Rule(weights: ternary.map { $0 * scale }, slopes: ones)
        default:
            let threshold = 0.05 * (w.map(abs).max() ?? 0)
            let (plus, minus) = (
                Double(layer.latents[1].value[0]), Double(layer.latents[2].value[0])
            )
            func zone(_ w: Double, _ a: Double, _ b: Double, _ c: Double) -> Double {
                w > threshold ? a : w < -threshold ? c : b
            }
            return Rule(
                weights: w.map { zone($0, plus, 0, -minus) },
                slopes: w.map { zone($0, plus, 1, minus) })
        }
    }

    @Test(arguments: names)
    func `latent gradients follow each method's published rule`(name: TrainingMethod) throws {
        let architecture =
            name == .xnor ? TrainingRun.realFirstLayer : TrainingRun.architecture
        var options = Network.Options(model: name.model())
        options.dropout = 0.25
        let run = TrainingRun(options, architecture: architecture, samples: 12)
        options.model = TwinModel(activations: options.model.activations)
        let twin = TrainingRun(options, architecture: architecture, samples: 12)
        run.fillParameters()
        for layer in run.network.weightedLayers where layer.latents.count == 3 {
            layer.latents[1].value[0] = 0.75
            layer.latents[2].value[0] = 1.5
        }
        let batch = SmallBatch(12)
        let pass = run.pass(.training, Self.layout, step: 5)
        var rules: [String: Rule] = [:]
        for (layer, target) in zip(run.network.weightedLayers, twin.network.weightedLayers) {
            #expect(layer.name == target.name)
            if layer.model is FullPrecisionModel {
                target.latents[0].value.copy(from: layer.latents[0].value)
            } else {
                let rule = Self.rule(name, layer, pass)
                rules[layer.name] = rule
                target.latents[0].value.copy(from: rule.weights.floats)
            }
            if let bias = layer.bias { target.bias?.value.copy(from: bias.value) }
        }
        for (norm, target) in zip(run.network.batchNorms, twin.network.batchNorms) {
            target.gamma.value.copy(from: norm.gamma.value)
            target.beta.value.copy(from: norm.beta.value)
        }
        let result = try run.step(batch.images.view, batch.labels, pass)
        let expected = try twin.step(
            batch.images.view, batch.labels, twin.pass(.training, Self.layout, step: 5))
        #expect(abs(result.loss - expected.loss) < 2e-5)
        #expect(rules.count == (name == .xnor ? 2 : 3))
        for (layer, target) in zip(run.network.weightedLayers, twin.network.weightedLayers) {
            let g = target.latents[0].gradient.values.doubles
            let rule = rules[layer.name]
            let slopes = zip(g, rule?.slopes ?? g.map { _ in 1 }).map(*)
            let error = normError(layer.latents[0].gradient.values, slopes)
            #expect(error < 1e-4, "\(layer.name): \(error)")
            guard name == .ttq, let rule, layer.latents.count == 3 else { continue }
            // Quantized weights are +plus, 0 and -minus, so the gradients are sums over two zones.
            let plus = zip(rule.weights, g).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
            let minus = zip(rule.weights, g).reduce(0) { $0 - ($1.0 < 0 ? $1.1 : 0) }
            for (scale, sum) in [(1, plus), (2, minus)] {
                let value = Double(layer.latents[scale].gradient[0])
                #expect(abs(value - sum) < 1e-4 * max(abs(sum), 0.1), "\(layer.name) \(scale)")
            }
        }
    }

    /// The gradients of the scales contain no estimate.
    @Test func `gradients of trained scales are the slopes of the loss`() throws {
        var options = Network.Options(model: TrainedTernaryModel())
        options.dropout = 0.25
        let run = TrainingRun(options, samples: 12)
        run.fillParameters()
        let batch = SmallBatch(12)
        let pass = run.pass(.training, Self.layout, step: 2)
        try run.step(batch.images.view, batch.labels, pass)
        for scale in run.network.parameters where scale.role == .scale {
            let (start, gradient) = (scale.value[0], Double(scale.gradient[0]))
            let slope = try centralDifference(at: 0, step: 2e-3) { t in
                scale.value[0] = start + Float(t)
                let totals = try run.forward(batch.images.view, batch.labels, pass).totals
                return totals.reduce(0) { $0 + $1.loss } / 12
            }
            scale.value[0] = start
            #expect(
                abs(slope - gradient) < 0.02 * abs(gradient) + 3e-4,
                "\(scale.name): \(slope) for \(gradient)")
        }
    }

    /// Latents of BinaryConnect and BWN stay in -1 ... 1, scales of TTQ above 0.
    @Test func `updates are clipped to each method's range`() {
        let shape = WeightShape(window: 3, inputs: 2, outputs: 5)
        let latent = TestData.normal(shape.count).map { 3 * $0 }
        let clipped = latent.view
        BinaryConnectModel(.deterministic).didUpdate([clipped], shape: shape)
        #expect(clipped.values == latent.map { min(max($0, -1), 1) })
        let centered = latent.view
        FilterScaleModel().didUpdate([centered], shape: shape)
        #expect(centered.values.allSatisfy { abs($0) <= 1 })
        for pair in 0..<9 * 5 {
            let (tap, output) = (pair / 5, pair % 5)
            let sum = centered[tap * 10 + output] + centered[tap * 10 + 5 + output]
            let isInside = abs(centered[tap * 10 + output]) < 1
            #expect(!isInside || abs(sum) < 1e-6)
        }
        let scales = [[Float(-0.5)].view, [Float(2)].view]
        TrainedTernaryModel().didUpdate([latent.view] + scales, shape: shape)
        #expect(scales[0][0] > 0 && scales[0][0] < 1e-3 && scales[1][0] == 2)
    }

    /// Also checks that the learning rate is scaled.
    @Test func `BinaryConnect starts uniform or with a binary LR-net's probabilities`() {
        let shape = WeightShape(window: 5, inputs: 4, outputs: 6)
        let model = BinaryConnectModel(.deterministic)
        let latent = FloatView.unwritten(shape.count)
        let key = NoiseKey(seed: 3, purpose: .initialization, layer: 2)
        model.initialize([latent], shape: shape, from: .cold(key, .balanced))
        let mean = latent.values.doubles.reduce(0, +) / Double(shape.count)
        let square = latent.values.doubles.reduce(0) { $0 + $1 * $1 } / Double(shape.count)
        #expect(latent.values.allSatisfy { abs($0) < 1 })
        #expect(abs(mean) < 4 / (3 * Double(shape.count)).squareRoot())
        #expect(abs(square - 1.0 / 3) < 0.06)
        let source = TestData.normal(shape.count).map { 0.05 * $0 + 0.01 }
        model.initialize(
            [latent], shape: shape, from: .pretrained(source.view, LogitRange(0.05...0.95)))
        let binary = FloatView.unwritten(shape.count)
        BinaryModel().initialize(
            [binary], shape: shape, from: .pretrained(source.view, LogitRange(0...1)))
        for i in 0..<shape.count {
            let plus = Reference.logistic(Double(binary[i]))
            #expect(abs(plus - (Double(latent[i]) + 1) / 2) < 1.1e-4)
        }
        let rate = model.latents(for: shape)[0].learningRateScale
        #expect(abs(Double(rate) - 1 / (1.5 / Double(100 + 150)).squareRoot()) < 1e-5)
    }
}
