import Foundation
import LRNetKernels
import LRNetLayers
import LRNetReference
import LRNetTestSupport
import Testing

/// Measures bias and variance of gradient estimators, on networks so small that the expected loss
/// and its gradient can be summed over every setting of the weights.
///
/// All networks have eight discrete weights: 6,561 settings of ternary weights, 256 of binary ones.
/// They have batch norm and ReLU, and a batch of eight samples in three classes.
@Suite struct EstimatorTests {
    /// Two layers of two units each, from two inputs: sums of two terms are far from Gaussian.
    static let narrow = Architecture(
        name: "two layers, fan-in 2", input: ImageShape(height: 1, width: 1, channels: 2),
        classes: 3, blocks: [FullyConnectedBlock(units: 2), FullyConnectedBlock(units: 2)])
    /// One layer of four units, from two inputs: the same sums with less depth.
    static let shallow = Architecture(
        name: "one layer, fan-in 2", input: ImageShape(height: 1, width: 1, channels: 2),
        classes: 3, blocks: [FullyConnectedBlock(units: 4)])
    /// One unit with eight inputs.
    static let wide = Architecture(
        name: "one unit, fan-in 8", input: ImageShape(height: 1, width: 1, channels: 8),
        classes: 3, blocks: [FullyConnectedBlock(units: 1)])
    static let layout = BatchLayout(globalCount: 8, leafSize: 8, microBatch: 8, leafRun: 0..<1)
    static let drawCount = 4_000

    /// One way to estimate the gradient of the expected loss.
    struct Estimator: Sendable, CustomTestStringConvertible {
        let title: String
        let distribution: DiscreteDistribution
        let model: @Sendable () -> any WeightModel
        /// True if the expectation of the estimate is the exact gradient.
        var isUnbiased = false
        var precision = ProductPrecision.float32
        var testDescription: String { "\(distribution.rawValue) \(title)" }
    }

    static let estimators = DiscreteDistribution.allCases.flatMap { distribution in
        [
            Estimator(title: "local reparameterization", distribution: distribution) {
                TrainingMethod(rawValue: distribution.rawValue)?.model() ?? TernaryModel()
            },
            Estimator(
                title: "local reparameterization, mixed", distribution: distribution,
                model: {
                    TrainingMethod(rawValue: distribution.rawValue)?.model() ?? TernaryModel()
                }, precision: .mixed),
        ]
            + [0.1, 0.5, 1].map { temperature in
                Estimator(title: "Gumbel, temperature \(temperature)", distribution: distribution) {
                    GumbelModel(distribution, temperature: Float(temperature))
                }
            }
            + [2, 4, 16].map { draws in
                Estimator(
                    title: "log-derivative, \(draws) draws", distribution: distribution,
                    model: { LogDerivativeModel(distribution, draws: draws) }, isUnbiased: true)
            }
    }

    private struct Setup {
        let run: TrainingRun
        let images: [Float]
        let labels: [Int32]

        init(_ estimator: Estimator, _ architecture: Architecture) {
            var options = Network.Options(model: estimator.model())
            options.precision = estimator.precision
            run = TrainingRun(options, architecture: architecture, samples: 8)
            run.fillParameters()
            for (i, latent) in run.network.weightedLayers.dropLast().flatMap(\.latents).enumerated()
            {
                latent.value.copy(
                    from: TestData.uniform(
                        latent.value.count, in: -1.5...1.5, stream: UInt32(40 + i)))
            }
            images = TestData.normal(8 * architecture.input.count, stream: 8)
            labels = TestData.labels(8, classes: 3, stream: 8)
        }

        var latents: [Parameter] { run.network.weightedLayers.dropLast().flatMap(\.latents) }

        /// Returns the mean loss with the current weights.
        func loss(_ pass: Pass) throws -> Double {
            let logits = try run.network.forward(images.view, pass)
            let totals = run.loss.evaluate(
                logits: logits, labels: labels, layout: pass.layout, wantsGradient: false)
            return totals.reduce(0) { $0 + $1.loss } / 8
        }

        func pass(_ mode: Pass.Mode, step: Int = 0, draw: Int = 0) -> Pass {
            Pass(
                mode: mode, seed: 77, step: step, draw: draw, layout: EstimatorTests.layout,
                pool: run.pool, statistics: run.statistics,
                gradients: mode == .training ? run.gradients : nil)
        }

        /// Returns one estimate: the concatenated gradients of all latents.
        func estimate(step: Int) throws -> [Double] {
            if case .scoreFunction(let draws) = run.network.weightedLayers[0].model.gradientRule {
                let losses = try (0..<draws).map { draw in
                    let scoring = pass(.scoring, step: step, draw: draw)
                    run.network.prepare(scoring)
                    return try loss(scoring)
                }
                run.network.setDrawLosses(losses)
            }
            try run.step(images.view, labels, pass(.training, step: step))
            return latents.flatMap { $0.gradient.values.doubles }
        }

        /// Returns the gradient of `sum over w of P(w) loss(w)`, which is
        /// `sum over w of P(w) loss(w) d log P(w)`.
        func exactGradient(_ distribution: DiscreteDistribution) throws -> [Double] {
            let layers = Array(run.network.weightedLayers.dropLast())
            let logits = layers.map { layer in
                (
                    zero: distribution == .ternary ? layer.latents[0].value.values.doubles : nil,
                    sign: layer.latents[layer.latents.count - 1].value.values.doubles
                )
            }
            let tables = logits.flatMap { logits in
                logits.sign.indices.map { i in
                    Reference.distribution(zeroLogit: logits.zero?[i], signLogit: logits.sign[i])
                        .filter { distribution == .ternary || $0.value != 0 }
                }
            }
            let levels = tables[0].count
            let counts = layers.map(\.shape.count)
            var byZero = Array(repeating: 0.0, count: tables.count)
            var bySign = byZero
            let scoring = pass(.scoring)
            // Prepares the last layer; the other layers use each setting.
            run.network.prepare(scoring)
            var setting = Array(repeating: 0, count: tables.count)
            repeat {
                let chosen = zip(tables, setting).map { $0[$1] }
                let weights = chosen.map { Float($0.value) }
                var used = 0
                for (layer, count) in zip(layers, counts) {
                    layer.use(
                        FinishedWeights(
                            name: layer.name, shape: layer.shape,
                            values: .reals(Array(weights[used..<used + count]))))
                    used += count
                }
                let share = try loss(scoring) * chosen.reduce(1) { $0 * $1.probability }
                for (i, table) in tables.enumerated() {
                    let zero = levels == 3 ? table[1].probability : 0
                    let plus = table[levels - 1].probability / (1 - zero)
                    byZero[i] += share * ((chosen[i].value == 0 ? 1 : 0) - zero)
                    if chosen[i].value != 0 {
                        bySign[i] += share * ((chosen[i].value == 1 ? 1 : 0) - plus)
                    }
                }
                // Advances to the next setting like an odometer.
                var place = 0
                while place < setting.count {
                    setting[place] += 1
                    if setting[place] < levels { break }
                    setting[place] = 0
                    place += 1
                }
                if place == setting.count { break }
            } while true
            var result: [Double] = []
            var start = 0
            for count in counts {
                if levels == 3 { result += byZero[start..<start + count] }
                result += bySign[start..<start + count]
                start += count
            }
            return result
        }
    }

    private struct Row {
        let bias, biasError, deviation, cosine: Double
    }

    private static func measure(
        _ estimator: Estimator, _ architecture: Architecture
    ) throws -> Row {
        let setup = Setup(estimator, architecture)
        let exact = try setup.exactGradient(estimator.distribution)
        var sum = exact.map { _ in 0.0 }
        var squares = 0.0
        for step in 0..<drawCount {
            let estimate = try setup.estimate(step: step)
            for (i, value) in estimate.enumerated() {
                sum[i] += value
                squares += value * value
            }
        }
        let n = Double(drawCount)
        let mean = sum.map { $0 / n }
        func square(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } }
        let size = square(exact).squareRoot()
        let variance = (squares / n - square(mean)) * n / (n - 1)
        let distance = square(zip(mean, exact).map(-))
        // The spread of the estimates adds variance / n to the square of the distance.
        let bias = max(distance - variance / n, 0).squareRoot()
        let product = zip(mean, exact).reduce(0) { $0 + $1.0 * $1.1 }
        return Row(
            bias: bias / size, biasError: (variance / n).squareRoot() / size,
            deviation: variance.squareRoot() / size,
            cosine: product / (size * square(mean).squareRoot()))
    }

    /// Prints the table of the article Estimators.md and checks its claims.
    @Test func `log-derivative estimates are unbiased, and more draws reduce their noise`() throws {
        var rows: [String: Row] = [:]
        print("| network | weights | estimator | bias | its standard error | deviation | cosine |")
        print("|---|---|---|---|---|---|---|")
        for architecture in [Self.narrow, Self.shallow, Self.wide] {
            for estimator in Self.estimators {
                let row = try Self.measure(estimator, architecture)
                rows["\(architecture.name) \(estimator.testDescription)"] = row
                let numbers = String(
                    format: "%.3f | %.3f | %.2f | %.3f", row.bias, row.biasError, row.deviation,
                    row.cosine)
                print(
                    "| \(architecture.name) | \(estimator.distribution.rawValue) | "
                        + "\(estimator.title) | \(numbers) |")
                if estimator.isUnbiased {
                    // The squared distance of an unbiased mean exceeds 4 times its expectation once
                    // in thousands of tables.
                    #expect(row.bias < 1.8 * row.biasError, "\(estimator.testDescription)")
                }
            }
        }
        for name in DiscreteDistribution.allCases.map(\.rawValue) {
            for architecture in [Self.narrow, Self.shallow, Self.wide] {
                let title = "\(architecture.name) \(name) local reparameterization"
                let full = try #require(rows[title])
                let mixed = try #require(rows["\(title), mixed"])
                // Both have the same noise, so their biases differ by the rounding alone.
                #expect(abs(mixed.bias - full.bias) < full.biasError, "\(title)")
            }
            func row(_ architecture: Architecture, _ title: String) throws -> Row {
                try #require(rows["\(architecture.name) \(name) \(title)"])
            }
            for architecture in [Self.narrow, Self.shallow, Self.wide] {
                // More draws reduce noise: the variance of a mean of K draws.
                let noise = try [2, 4, 16].map {
                    try row(architecture, "log-derivative, \($0) draws").deviation
                }
                #expect(noise[1] < 0.85 * noise[0] && noise[2] < 0.65 * noise[1])
                // One pass with sampled pre-activations is less noisy than two with drawn weights,
                // except where a layer has four units with two inputs.
                let sampled = try row(architecture, "local reparameterization")
                #expect(architecture.name == Self.shallow.name || sampled.deviation < noise[0])
                #expect(sampled.cosine > 0)
                // Colder relaxations are noisier.
                let (cold, warm) = (
                    try row(architecture, "Gumbel, temperature 0.1"),
                    try row(architecture, "Gumbel, temperature 1.0")
                )
                #expect(cold.deviation > warm.deviation)
            }
        }
    }
}
