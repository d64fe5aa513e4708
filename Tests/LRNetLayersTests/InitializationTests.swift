import Foundation
import LRNetKernels
import LRNetLayers
import LRNetReference
import LRNetTestSupport
import Testing

@Suite struct InitializationTests {
    static let shape = WeightShape(window: 3, inputs: 7, outputs: 11)

    private func latents(
        _ model: any WeightModel, _ source: WeightInitialization,
        _ shape: WeightShape = shape
    ) -> [[Float]] {
        let views = model.latents(for: shape).map { _ in FloatView.unwritten(shape.count) }
        model.initialize(views, shape: shape, from: source)
        return views.map(\.values)
    }

    /// h = logit / 2 is uniform with a variance of 1 / K, so it stays within sqrt(3 / K).
    @Test func `expectation backpropagation starts uniform with a variance of 1 over fan-in`() {
        let shape = WeightShape(window: 1, inputs: 75, outputs: 40)
        let key = NoiseKey(seed: 3, purpose: .initialization)
        let h = latents(ExpectationModel(), .cold(key, .randomSigns), shape)[0].map {
            Double($0) / 2
        }
        let variance = h.reduce(0) { $0 + $1 * $1 } / Double(h.count)
        // The mean of 3,000 squares has a deviation of 1.6 %.
        #expect(abs(75 * variance - 1) < 0.08)
        let limit = (3.0 / 75).squareRoot()
        #expect(h.allSatisfy { abs($0) < limit * 1.0001 })
        #expect(h.contains { $0 > 0.95 * limit } && h.contains { $0 < -0.95 * limit })
    }

    private func logit(_ p: Double) -> Double { log(p / (1 - p)) }

    /// Equations 6 to 8 in Double. Some weights exceed a deviation by far, so that the limits clip
    /// their probabilities. The mean is not removed.
    @Test(arguments: [(0.05, 0.95), (0.2, 0.7), (0.0, 1.0)])
    func `probabilities of pretrained weights follow the paper's equations`(
        low: Double, high: Double
    ) {
        let weights = TestData.normal(Self.shape.count).enumerated().map { i, value in
            0.3 + value * (i % 50 == 0 ? 3 : 0.4)
        }
        let limits = Float(low)...Float(high)
        let (a, b) = {
            let values = latents(TernaryModel(), .pretrained(weights.view, LogitRange(limits)))
            return (values[0], values[1])
        }()
        let binary = latents(BinaryModel(), .pretrained(weights.view, LogitRange(limits)))[0]
        let mean = weights.doubles.reduce(0, +) / Double(weights.count)
        let variance =
            weights.doubles.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(weights.count)
        func clip(_ p: Double) -> Double { min(max(p, low), high) }
        // Probabilities stay 1e-4 away from 0 and 1, regardless of the limits.
        func safeLogit(_ p: Double) -> Double { logit(min(max(p, 1e-4), 1 - 1e-4)) }
        var clipped = 0
        for i in weights.indices {
            let w = Double(weights[i]) / variance.squareRoot()
            let zero = clip(high - (high - low) * abs(w))
            // Where the limits allow p0 = 1, the weight is almost certainly 0 and q has no effect.
            let plus = clip((1 + w / (1 - zero)) / 2)
            if plus == low || plus == high { clipped += 1 }
            // Float32 roundings of probabilities, times dlogit/dp: 21 at 0.05, 1e4 at 1e-4.
            let allowed = low == 0 ? 2e-3 : 3e-5
            #expect(abs(Double(a[i]) - safeLogit(zero)) < allowed)
            #expect(abs(Double(b[i]) - safeLogit(plus)) < allowed)
            #expect(abs(Double(binary[i]) - safeLogit(clip((1 + w) / 2))) < allowed)
        }
        #expect(clipped > 10 && clipped < weights.count)
    }

    /// p_max can be 1; then a weight of 0 is certainly 0.
    @Test func `logits stay finite when a weight is certainly zero`() {
        var weights = TestData.normal(Self.shape.count)
        weights[3] = 0
        let values = latents(TernaryModel(), .pretrained(weights.view, LogitRange(0...1)))
        #expect(values.allSatisfy { $0.allSatisfy(\.isFinite) })
        #expect(values[0][3] > 9 && values[1][3] == 0)
    }

    /// The paper's sharpness is 1.
    @Test func `sharpness multiplies the logits of pretrained weights`() {
        let weights = TestData.normal(Self.shape.count)
        for model in [TernaryModel(), BinaryModel()] as [any WeightModel] {
            let paper = latents(model, .pretrained(weights.view, LogitRange()))
            let sharp = latents(model, .pretrained(weights.view, LogitRange(sharpness: 2)))
            for (one, two) in zip(paper, sharp) { #expect(one.map { 2 * $0 } == two) }
        }
    }

    @Test func `weights of zero start with the largest probability of zero`() {
        let zeros = FloatBuffer(count: Self.shape.count).all
        let values = latents(TernaryModel(), .pretrained(zeros, LogitRange(0.05...0.95)))
        #expect(values[0].allSatisfy { abs(Double($0) - logit(0.95)) < 2e-6 })
        #expect(values[1].allSatisfy { $0 == 0 })
    }

    @Test(arguments: [TrainingMethod.fullPrecision, .twn])
    func `real weights are copied or start with Xavier's variance`(name: TrainingMethod) {
        let weights = TestData.normal(Self.shape.count)
        let copied = latents(name.model(), .pretrained(weights.view, LogitRange(0.05...0.95)))
        #expect(copied == [weights])
        let shape = WeightShape(window: 5, inputs: 32, outputs: 64)
        let key = NoiseKey(seed: 5, purpose: .initialization, layer: 3)
        let cold = latents(name.model(), .cold(key, .balanced), shape)[0]
        let n = Double(cold.count)
        let variance = 2 / Double(25 * 32 + 25 * 64)
        let mean = cold.doubles.reduce(0, +) / n
        let square = cold.doubles.reduce(0) { $0 + $1 * $1 } / n
        #expect(abs(mean) < 4 * (variance / n).squareRoot())
        #expect(abs(square / variance - 1) < 4 * (2 / n).squareRoot())
    }

    @Test func `cold starts have the distributions of the authors' code`() {
        let shape = WeightShape(window: 1, inputs: 100, outputs: 100)
        let key = NoiseKey(seed: 5, purpose: .initialization, layer: 3)
        let balanced = latents(TernaryModel(), .cold(key, .balanced), shape)
        #expect(balanced[0].allSatisfy { abs(Double($0) + log(2)) < 1e-6 })
        #expect(balanced[1].allSatisfy { $0 == 0 })
        #expect(latents(BinaryModel(), .cold(key, .balanced), shape)[0].allSatisfy { $0 == 0 })

        let random = latents(TernaryModel(), .cold(key, .randomSigns), shape)
        let zero = random[0].doubles.map(Reference.logistic)
        #expect(zero.allSatisfy { $0 > 0.45 - 1e-7 && $0 < 0.55 + 1e-7 })
        let mean = zero.reduce(0, +) / 1e4
        #expect(abs(mean - 0.5) < 4 * 0.1 / 12.0.squareRoot() / 100)
        let spread = zero.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1e4
        #expect(abs(spread * 1200 - 1) < 0.05)
        // The sign uses a separate random number; it is not a function of p0.
        for signs in [random[1], latents(BinaryModel(), .cold(key, .randomSigns), shape)[0]] {
            #expect(signs.allSatisfy { abs(abs(Double($0)) - logit(1 - 1e-4)) < 1e-3 })
            let plus = signs.count { $0 > 0 }
            #expect(abs(plus - 5000) < 200)
            let agreeing = zip(signs, zero).count { ($0 > 0) == ($1 > 0.5) }
            #expect(abs(agreeing - 5000) < 200)
        }
        #expect(latents(TernaryModel(), .cold(key, .randomSigns), shape) == random)
        var other = key
        other.layer = 4
        #expect(latents(TernaryModel(), .cold(other, .randomSigns), shape) != random)
        #expect(latents(GumbelModel(.ternary), .cold(key, .randomSigns), shape) == random)
    }

    /// W / std with the population deviation, without removing the mean; also from a cold start.
    @Test func `frozen weights start with a deviation of one`() {
        let weights = TestData.normal(Self.shape.count).map { 0.03 * $0 + 0.01 }
        let latent = FloatBuffer(count: Self.shape.count).all
        let model = FullPrecisionModel(isFrozen: true)
        model.initialize(
            [latent], shape: Self.shape, from: .pretrained(weights.view, LogitRange(0.05...0.95)))
        let mean = weights.doubles.reduce(0, +) / Double(weights.count)
        let squares = weights.doubles.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = (squares / Double(weights.count)).squareRoot()
        #expect(
            distance(
                latent.values, weights.doubles.map { $0 / deviation },
                Tolerance(relative: 1e-6)) <= 1)
        model.initialize(
            [latent], shape: Self.shape,
            from: .cold(NoiseKey(seed: 3, purpose: .initialization, layer: 1), .randomSigns))
        let square = Elementwise.sumOfSquares(latent) / Double(latent.count)
        let cold = Elementwise.sum(latent) / Double(latent.count)
        #expect(abs(square - cold * cold - 1) < 1e-5)
    }

    @Test
    func `networks initialize hidden layers from the source and the last from the seed`() throws {
        let options = Network.Options(model: BinaryModel())
        let run = TrainingRun(options)
        var requested: [String] = []
        let source: (WeightedLayer) -> FloatView = { layer in
            requested.append(layer.name)
            return TestData.normal(layer.shape.count, stream: UInt32(layer.index)).view
        }
        try run.network.initialize(
            seed: 9, coldStart: .balanced, from: source, range: LogitRange())
        #expect(requested == ["conv1", "conv2", "fc1"])
        let expected = latents(
            BinaryModel(),
            .pretrained(
                TestData.normal(run.network.weightedLayers[1].shape.count, stream: 3).view,
                LogitRange()), run.network.weightedLayers[1].shape)
        #expect(run.network.weightedLayers[1].latents[0].value.values == expected[0])
        let hot = run.network.parameters.map { $0.value.values }
        try run.network.initialize(seed: 9, coldStart: .balanced, from: nil, range: LogitRange())
        // The last layer starts the same with and without a source; its bias is 0.
        #expect(run.network.parameters.suffix(2).map { $0.value.values } == hot.suffix(2))
        #expect(run.network.parameters.last?.value.values == [0, 0, 0, 0])
        #expect(run.network.weightedLayers[1].latents[0].value.values.allSatisfy { $0 == 0 })
        try run.network.initialize(seed: 10, coldStart: .balanced, from: nil, range: LogitRange())
        #expect(run.network.parameters.suffix(2).map { $0.value.values } != hot.suffix(2))
    }
}
