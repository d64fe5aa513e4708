import LRNetKernels
import LRNetLayers
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct TestWeightTests {
    private static func layer(_ name: TrainingMethod, outputs: Int = 50) -> WeightedLayer {
        let shape = ImageShape(height: 1, width: 1, channels: 200)
        let layer = WeightedLayer(
            name: "fc1", index: 4, inputShape: shape, geometry: .whole(shape), outputs: outputs,
            model: name.model())
        layer.assignGradients(0..<layer.gradientCount)
        layer.reserve(sampleCount: 4, microBatch: 4, workerCount: 1)
        return layer
    }

    private static func draw(_ layer: WeightedLayer, _ selection: WeightDraws.Selection) -> [Float]
    {
        layer.finished(selection).values.reals
    }

    /// There are 10,000 weights with different probabilities. The count of each value is a sum of
    /// independent coin tosses, within 4 deviations over 20 draws.
    @Test(arguments: [
        TrainingMethod.ternary, .binary, .gumbelTernary, .gumbelBinary, .logDerivative,
    ])
    func `drawn weights have the frequencies of their probabilities`(name: TrainingMethod) throws {
        let layer = Self.layer(name)
        for (i, latent) in layer.latents.enumerated() {
            latent.value.copy(
                from: TestData.uniform(latent.value.count, in: -3...3, stream: UInt32(i)))
        }
        let model = try #require(layer.model as? any HasDistributions)
        let probabilities = model.probabilities(layer.latents.map(\.value))
        let b = try #require(layer.latents.last).value
        for i in stride(from: 0, to: b.count, by: 97) {
            let zeroLogit = layer.latents.count == 2 ? Double(layer.latents[0].value[i]) : nil
            let expected = Reference.distribution(zeroLogit: zeroLogit, signLogit: Double(b[i]))
            #expect(abs(Double(probabilities.zero[i]) - expected[1].probability) < 1e-6)
            #expect(abs(Double(probabilities.plus[i]) - expected[2].probability) < 1e-6)
        }
        let key = NoiseKey(seed: 3, purpose: .evaluationWeights, layer: 4)
        let draws = (0..<20).map { Self.draw(layer, .drawn(key.with(index: UInt32($0)))) }
        #expect(Set(draws).count == 20)
        #expect(Self.draw(layer, .drawn(key)) == draws[0])
        func z(_ value: Float, _ p: [Float]) -> Double {
            let count = draws.reduce(0) { $0 + $1.count { $0 == value } }
            let mean = 20 * p.doubles.reduce(0, +)
            let variance = 20 * p.doubles.reduce(0) { $0 + $1 * (1 - $1) }
            return variance == 0
                ? Double(count) - mean : (Double(count) - mean) / variance.squareRoot()
        }
        #expect(abs(z(0, probabilities.zero)) < 4)
        #expect(abs(z(1, probabilities.plus)) < 4)
        #expect(draws.allSatisfy { $0.allSatisfy { [-1, 0, 1].contains($0) } })
        // The single weights, and not only their sum, follow their probabilities.
        let likely = probabilities.plus.indices.filter { probabilities.plus[$0] > 0.6 }
        let share =
            Double(draws.reduce(0) { sum, draw in sum + likely.count { draw[$0] == 1 } })
            / Double(20 * likely.count)
        #expect(share > 0.6)
    }

    @Test func `the likeliest weights are the modes of their distributions`() {
        let layer = Self.layer(.ternary, outputs: 1)
        layer.latents[0].value.fill(-2)
        layer.latents[1].value.fill(-1)
        layer.latents[0].value[7] = 2
        layer.latents[1].value[8] = 1
        let weights = Self.draw(layer, .likeliest)
        #expect(weights.prefix(7).allSatisfy { $0 == -1 })
        #expect(weights[7] == 0 && weights[8] == 1)
        #expect(Self.draw(layer, .likeliest) == weights)
    }

    @Test func `finished weights are multiplied by their scales in a forward pass`() throws {
        let layer = Self.layer(.twn, outputs: 3)
        let latent = TestData.normal(600)
        layer.latents[0].value.copy(from: latent)
        let finished = layer.finished(.likeliest)
        let expected = Reference.ternarize(latent.doubles)
        #expect(finished.values == .integers(expected.ternary.map { Int8($0) }))
        #expect(finished.scale.count == 1)
        #expect(abs(Double(finished.scale[0]) - expected.scale) < 1e-6)
        let x = TestData.normal(200, stream: 1)
        let pass = Pass(
            mode: .evaluation,
            layout: BatchLayout(globalCount: 1, leafSize: 1, microBatch: 1, leafRun: 0..<1),
            pool: ThreadPool(), statistics: LocalStatistics())
        func product(_ weights: [Double]) -> [Double] {
            Reference.product(x.doubles, weights, rows: 1, columns: 3, inner: 200)
        }
        let tolerance = Tolerance(absolute: 1e-4)
        func forward(_ finished: FinishedWeights) throws -> [Float] {
            layer.use(finished)
            return try layer.forward(x.view, pass).values
        }
        func real(scale: [Float]) -> FinishedWeights {
            FinishedWeights(name: "fc1", shape: layer.shape, values: .reals(latent), scale: scale)
        }
        #expect(
            try distance(
                forward(finished), product(expected.ternary.map { $0 * expected.scale }), tolerance)
                <= 1)
        // One scale per output, which a network file can have.
        let scaled = latent.doubles.enumerated().map { i, w in w * [2, -1, 0.5][i % 3] }
        #expect(try distance(forward(real(scale: [2, -1, 0.5])), product(scaled), tolerance) <= 1)
        #expect(
            try distance(forward(real(scale: [])), product(latent.doubles), tolerance)
                <= 1)
    }

    /// The reference computes in Double. Weights are integers for discrete methods.
    @Test(arguments: TrainingMethod.allCases.filter { $0 != .ebp })
    func `finished networks equal a plain reference with the same weights`(
        name: TrainingMethod
    ) throws {
        let options = Network.Options(model: name.model())
        let architecture =
            name == .xnor ? TrainingRun.realFirstLayer : TrainingRun.architecture
        let run = TrainingRun(options, architecture: architecture, samples: 5)
        run.fillParameters()
        let network = run.network
        for (i, layer) in network.batchNorms.enumerated() {
            let channels = layer.inputShape.channels
            layer.restore(
                movingMean: TestData.normal(channels, stream: UInt32(700 + i)).doubles,
                movingVariance: TestData.uniform(
                    channels, in: 1...20, stream: UInt32(710 + i)
                ).doubles)
        }
        var weights: [String: [Double]] = [:]
        let finished = network.finished { layer in
            .drawn(NoiseKey(seed: 8, purpose: .evaluationWeights, layer: UInt16(layer.index)))
        }
        for layer in network.weightedLayers {
            let values = try #require(
                finished.compactMap { values in
                    if case .weights(let weights) = values, weights.name == layer.name {
                        weights
                    } else {
                        nil
                    }
                }.first)
            let scale = values.scale.doubles
            let other = values.negativeScale.doubles
            weights[layer.name] = values.values.reals.doubles.enumerated().map { i, w in
                if w < 0, let minus = other.first { return w * minus }
                return scale.isEmpty ? w : w * scale[i % scale.count]
            }
            let isDiscrete = if case .integers = values.values { true } else { false }
            #expect(isDiscrete == (layer.model.levels != nil))
            let levels = Set(values.values.reals)
            #expect(layer.model.levels.map { levels.count == $0 } ?? (levels.count > 10))
        }
        let batch = SmallBatch(5)
        let layout = BatchLayout(globalCount: 5, leafSize: 2, microBatch: 2, leafRun: 0..<3)
        let before = network.parameters.map(\.value.values)
        let logits = try network.evaluating(finished) {
            try network.forward(batch.images.view, run.pass(.evaluation, layout)).values
        }
        #expect(network.parameters.map(\.value.values) == before)

        var values = batch.images.doubles
        for layer in network.layers {
            if let layer = layer as? WeightedLayer {
                values = Reference.convolution(
                    values, weights: weights[layer.name, default: []], geometry: layer.geometry,
                    images: 5, outputs: layer.shape.outputs)
                if let bias = layer.bias {
                    values = values.enumerated().map { $1 + Double(bias.value[$0 % 4]) }
                }
            } else if let layer = layer as? BatchNormalization {
                values = values.enumerated().map { i, x in
                    let c = i % layer.inputShape.channels
                    let deviation = (layer.movingVariance[c] + 1e-3).squareRoot()
                    let y =
                        Double(layer.gamma.value[c]) * (x - layer.movingMean[c]) / deviation
                        + Double(layer.beta.value[c])
                    return layer.rectified ? max(y, 0) : y
                }
            } else if layer is SignLayer {
                values = values.map { $0 >= 0 ? 1 : -1 }
            } else if let layer = layer as? MaxPoolLayer {
                let count = layer.inputShape.count
                values = (0..<5).flatMap { sample in
                    Reference.maxPool(
                        Array(values[sample * count..<(sample + 1) * count]),
                        geometry: layer.geometry
                    ).values
                }
            }
        }
        #expect(distance(logits, values, Tolerance(absolute: 1e-4, relative: 2e-5)) <= 1)
    }
}
