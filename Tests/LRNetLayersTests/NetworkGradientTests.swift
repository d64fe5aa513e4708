import LRNetKernels
import LRNetLayers
import LRNetReference
import LRNetTestSupport
import Testing

/// Compares gradients of whole networks with differences of their loss.
@Suite struct NetworkGradientTests {
    static let names = TrainingMethod.allCases.filter { $0.model().gradientRule == .exact }
    static let layout = BatchLayout(globalCount: 12, leafSize: 4, microBatch: 2, leafRun: 0..<3)

    private static func makeRun(_ name: TrainingMethod) -> TrainingRun {
        var constants = MethodConstants()
        constants[number: GumbelModel.temperatureConstant] = 0.7
        var options = Network.Options(model: name.model(constants))
        options.dropout = 0.25
        let run = TrainingRun(options, samples: 12)
        run.fillParameters()
        return run
    }

    /// Compares the slope of the loss along a direction of each tensor with the gradient's.
    ///
    /// The direction is the gradient's plus an equal amount of noise. It has a clear slope, and it
    /// also detects gradient errors perpendicular to the gradient.
    @Test(arguments: names)
    func `gradients of all parameters are slopes of the loss`(name: TrainingMethod) throws {
        let run = Self.makeRun(name)
        let batch = SmallBatch(12)
        let pass = run.pass(.training, Self.layout, step: 2)
        try run.step(batch.images.view, batch.labels, pass)
        let gradients = run.parameterGradients
        for (index, parameter) in run.network.parameters.enumerated() {
            let start = parameter.value.values
            let gradient = gradients[index].values.doubles
            let size = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let noise = TestData.normal(start.count, stream: UInt32(900 + index)).doubles
            let noiseSize = noise.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let direction = zip(gradient, noise).map { $0 / size + $1 / noiseSize }
            // Differences of a Float32 loss have an error of 1e-7 / step; with longer steps, ReLUs
            // and pools switch. Measured: 0.5 % at worst, usually 0.05 %.
            let slope = try centralDifference(at: 0, step: 1e-3) { t in
                parameter.value.copy(from: zip(start, direction).map { Float(Double($0) + t * $1) })
                let totals = try run.forward(batch.images.view, batch.labels, pass).totals
                return totals.reduce(0) { $0 + $1.loss } / 12
            }
            parameter.value.copy(from: start)
            let expected = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(
                abs(slope - expected) < 0.01 * size + 1e-4,
                "\(parameter.name): slope \(slope), gradient says \(expected) of \(size)")
            #expect(size > 1e-4, "\(parameter.name) has no gradient to check")
        }
    }

    @Test func `the beta regularizer's gradient is added to the logits once`() throws {
        let batch = SmallBatch(12)
        let plain = Self.makeRun(.binary)
        var options = Network.Options(model: BinaryModel())
        options.dropout = 0.25
        options.beta = 0.5
        options.probabilityDecay = 0.125
        options.weightDecay = 0.25
        let run = TrainingRun(options, samples: 12)
        run.fillParameters()
        for run in [plain, run] {
            try run.step(batch.images.view, batch.labels, run.pass(.training, Self.layout))
        }
        for (parameter, before) in zip(run.network.parameters, plain.parameterGradients) {
            let expected = zip(parameter.value.values, before.values).map { b, gradient in
                let q = Reference.logistic(Double(b))
                let share = parameter.role == .logit ? 0.5 * q * (1 - q) * (1 - 2 * q) : 0
                return Double(gradient) + share
            }
            #expect(
                distance(
                    parameter.gradient.values, expected, Tolerance(absolute: 1e-7, relative: 1e-6))
                    <= 1)
            let decay: [Parameter.Role: Float] = [.logit: 0.125, .weight: 0.25]
            #expect(parameter.decay == decay[parameter.role, default: 0])
        }
    }

    /// The weight decay of filters with scales is multiplied by the scale.
    @Test(arguments: [false, true])
    func `scaled filters add their weight decay once, not in the optimizer`(
        hasBinaryActivations: Bool
    ) throws {
        let batch = SmallBatch(12)
        func run(_ weightDecay: Float) throws -> TrainingRun {
            var options = Network.Options(
                model: FilterScaleModel(hasBinaryActivations: hasBinaryActivations))
            options.dropout = 0.25
            options.weightDecay = weightDecay
            let run = TrainingRun(options, samples: 12)
            run.fillParameters()
            try run.step(batch.images.view, batch.labels, run.pass(.training, Self.layout))
            return run
        }
        let (plain, decayed) = (try run(0), try run(0.25))
        for (layer, before) in zip(decayed.network.weightedLayers, plain.network.weightedLayers)
        where layer.model is FilterScaleModel {
            let (latent, outputs) = (layer.latents[0], layer.shape.outputs)
            let scales = FilterWeights.scales(latent.value, outputs: outputs)
            let expected = latent.value.values.enumerated().map { i, w in
                Double(before.latents[0].gradient.values[i]) + 0.25
                    * Double(scales[i % outputs] * w)
            }
            #expect(
                distance(
                    latent.gradient.values, expected, Tolerance(absolute: 1e-6, relative: 1e-5))
                    <= 1)
            #expect(latent.decay == 0)
        }
        #expect(decayed.network.weightedLayers.last?.latents[0].decay == 0.25)
    }

    /// Without noise and dropout, a doubled batch has the same gradients only if sums over the
    /// batch are divided by the global count.
    @Test func `loss and gradients are means over the global batch`() throws {
        var options = Network.Options(model: FullPrecisionModel())
        options.dropout = 0
        let batch = SmallBatch(6)
        let once = TrainingRun(options)
        let twice = TrainingRun(options)
        once.fillParameters()
        twice.fillParameters()
        let a = try once.step(
            batch.images.view, batch.labels,
            once.pass(
                .training,
                BatchLayout(globalCount: 6, leafSize: 2, microBatch: 2, leafRun: 0..<3)))
        let b = try twice.step(
            (batch.images + batch.images).view, batch.labels + batch.labels,
            twice.pass(
                .training,
                BatchLayout(globalCount: 12, leafSize: 2, microBatch: 2, leafRun: 0..<6)))
        #expect(abs(a.loss - b.loss) < 1e-6)
        for (x, y) in zip(once.parameterGradients, twice.parameterGradients) {
            #expect(normError(x.values, y.values.doubles) < 2e-5, "\(x.name)")
        }
    }
}
