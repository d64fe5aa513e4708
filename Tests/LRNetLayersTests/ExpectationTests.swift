import Foundation
import LRNetKernels
import LRNetLayers
import LRNetReference
import LRNetTestSupport
import Testing

/// Compares expectation backpropagation with its published formulas in Double, sample by sample.
@Suite struct ExpectationTests {
    static let architecture = Architecture(
        name: "dense", input: ImageShape(height: 3, width: 5, channels: 1), classes: 4,
        blocks: [FullyConnectedBlock(units: 9), FullyConnectedBlock(units: 7)])
    static let layout = BatchLayout(globalCount: 12, leafSize: 4, microBatch: 2, leafRun: 0..<3)

    private static func makeRun() -> TrainingRun {
        let options = Network.Options(model: ExpectationModel())
        let run = TrainingRun(options, architecture: architecture, samples: 12)
        run.fillParameters()
        return run
    }

    /// The mean inputs of each layer, and the gains that the rule needs.
    private struct Sweep {
        var inputs: [[Double]] = []
        var gains: [[Double]] = []
    }

    /// Uses the factor 1 / sqrt(K + 1) and the variance of each activation, as published.
    private static func sweep(_ network: Network, _ x: [Double]) -> (Sweep, [Double]) {
        var (sweep, values) = (Sweep(), x)
        var variances = x.map { _ in 0.0 }
        for (position, layer) in network.weightedLayers.dropLast().enumerated() {
            let (outputs, k) = (layer.shape.outputs, Double(layer.shape.fanIn))
            let means = layer.latents[0].value.values.doubles.map {
                2 * Reference.logistic($0) - 1
            }
            sweep.inputs.append(values)
            var (activations, gains) = ([Double](), [Double]())
            for o in 0..<outputs {
                var m = Double(layer.bias?.value[o] ?? .nan)
                var v = 1.0
                for i in values.indices {
                    let w = means[i * outputs + o]
                    m += w * values[i]
                    v +=
                        position == 0
                        ? (1 - w * w) * values[i] * values[i]
                        : variances[i] + (1 - w * w) * (1 - variances[i])
                }
                m /= (k + 1).squareRoot()
                v /= k + 1
                let p = Reference.normalDistribution(m / v.squareRoot())
                activations.append(2 * p - 1)
                gains.append(
                    2 * Reference.normalDensity(m / v.squareRoot()) / v.squareRoot()
                        / (k + 1).squareRoot())
            }
            sweep.gains.append(gains)
            values = activations
            variances = activations.map { 1 - $0 * $0 }
        }
        return (sweep, values)
    }

    @Test func `mini-batch gradients are the means of the published rule`() throws {
        let run = Self.makeRun()
        let network = run.network
        #expect(network.batchNorms.isEmpty)
        let imageCount = Self.architecture.input.count
        let images = TestData.normal(12 * imageCount, stream: 50)
        let labels = TestData.labels(12, classes: 4)
        let result = try run.step(images.view, labels, run.pass(.training, Self.layout))
        let last = try #require(network.weightedLayers.last)
        let hidden = network.weightedLayers.dropLast()
        var expected = hidden.map { Array(repeating: 0.0, count: $0.shape.count) }
        var biases = hidden.map { Array(repeating: 0.0, count: $0.shape.outputs) }
        for sample in 0..<12 {
            let x = images[sample * imageCount..<(sample + 1) * imageCount].map(Double.init)
            let (sweep, top) = Self.sweep(network, x)
            let weights = last.latents[0].value.values.doubles
            let logits = (0..<4).map { c in
                top.indices.reduce(Double(last.bias?.value[c] ?? .nan)) {
                    $0 + top[$1] * weights[$1 * 4 + c]
                }
            }
            let given = result.logits[sample * 4..<sample * 4 + 4]
            #expect(distance(Array(given), logits, Tolerance(absolute: 2e-5)) <= 1)
            let slopes = Reference.logSoftmax(logits).enumerated().map { c, log in
                (exp(log) - (c == Int(labels[sample]) ? 1 : 0)) / 12
            }
            // dL/d activation: the rule's delta with the sign of a loss.
            var delta = top.indices.map { i in
                (0..<4).reduce(0) { $0 + weights[i * 4 + $1] * slopes[$1] }
            }
            for (position, layer) in hidden.enumerated().reversed() {
                let (outputs, inputs) = (layer.shape.outputs, sweep.inputs[position])
                let local = (0..<outputs).map { delta[$0] * sweep.gains[position][$0] }
                let means = layer.latents[0].value.values.doubles.map {
                    2 * Reference.logistic($0) - 1
                }
                for o in 0..<outputs {
                    biases[position][o] += local[o]
                    // Twice dL/dh, the gradient of the logit 2 h.
                    for i in inputs.indices {
                        expected[position][i * outputs + o] += 2 * local[o] * inputs[i]
                    }
                }
                delta = inputs.indices.map { i in
                    (0..<outputs).reduce(0) { $0 + means[i * outputs + $1] * local[$1] }
                }
            }
        }
        for (position, layer) in hidden.enumerated() {
            let error = normError(layer.latents[0].gradient.values, expected[position])
            #expect(error < 1e-5, "\(layer.name): \(error)")
            #expect(normError(layer.bias?.gradient.values ?? [], biases[position]) < 1e-5)
        }
    }

    @Test func `finished networks compute with the signs of weights and activations`() throws {
        let run = Self.makeRun()
        let images = TestData.normal(3 * Self.architecture.input.count, stream: 51)
        let layout = BatchLayout(globalCount: 3, leafSize: 4, microBatch: 2, leafRun: 0..<3)
        var seen: [[Float]] = []
        let pass = Pass(
            mode: .evaluation, layout: layout, pool: run.pool, statistics: run.statistics,
            observer: { layer, values, _ in
                if layer is ExpectedSignLayer { seen.append(values.values) }
            })
        let finished = run.network.finished { _ in .likeliest }
        let logits = try run.network.evaluating(finished) {
            try run.network.forward(images.view, pass).values
        }
        #expect(seen.count == 2 && seen.allSatisfy { $0.allSatisfy { abs($0) == 1 } })
        var values = images.doubles
        for (position, layer) in run.network.weightedLayers.enumerated() {
            let isLast = position == 2
            let weights = layer.latents[0].value.values.doubles.map {
                isLast ? $0 : $0 >= 0 ? 1 : -1
            }
            values = Reference.product(
                values, weights, rows: 3, columns: layer.shape.outputs, inner: layer.shape.fanIn)
            values = values.enumerated().map {
                let z = $1 + Double(layer.bias?.value[$0 % layer.shape.outputs] ?? .nan)
                return isLast ? z : z >= 0 ? 1 : -1
            }
        }
        #expect(distance(logits, values, Tolerance(absolute: 1e-5)) <= 1)
    }
}
