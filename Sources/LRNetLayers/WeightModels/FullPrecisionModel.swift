package import LRNetKernels

extension TrainingMethod {
    package static let fullPrecision = TrainingMethod(
        "full-precision", publication: "", summary: "nothing is discrete", gradient: "exact",
        result: "real numbers"
    ) { _ in FullPrecisionModel() }
}

/// Ordinary real weights: the source network of an LR-net, and every network's last layer.
package struct FullPrecisionModel: WeightModel {
    /// No.
    package let isProbabilistic = false

    /// No.
    package let isDrawn = false

    /// Whether training leaves the weights as they start: with a population deviation of 1, whatever
    /// the source's is.
    package let isFrozen: Bool

    /// Real numbers.
    package let levels: Int? = nil

    /// Creates the model.
    package init(isFrozen: Bool = false) { self.isFrozen = isFrozen }

    /// The weights themselves.
    package func latents(for shape: WeightShape) -> [LatentTensor] {
        [LatentTensor(name: "weight", role: .weight, shape: shape.sizes)]
    }

    /// Xavier normal, or a copy; divided by the population deviation if frozen.
    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        switch source {
        case .cold(let key, _): xavierNormal(latents[0], shape: shape, key: key)
        case .pretrained(let weights, _): latents[0].copy(from: weights)
        }
        if isFrozen {
            Elementwise.scale(latents[0], by: 1 / LogitInitialization.deviation(of: latents[0]))
        }
    }

    /// A copy.
    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        weights.mean.copy(from: latents[0])
    }

    /// The gradient of the weights.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        latentGradients[0].copy(from: gradient.mean)
    }

    /// The weights themselves, whatever the selection.
    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        weights.copy(from: latents[0])
        return TestWeights(isDiscrete: false)
    }
}

/// Fills a layer's weights with normal numbers of variance 2 / (fan-in + fan-out).
///
/// - Source: Glorot, Bengio, AISTATS 2010, equation 12, for the scale.
func xavierNormal(_ weights: FloatView, shape: WeightShape, key: NoiseKey) {
    GaussianNoise.fill(weights, key: key)
    let fanOut = shape.window * shape.window * shape.outputs
    let deviation = (2 / Float(shape.fanIn + fanOut)).squareRoot()
    Elementwise.scale(weights, by: deviation)
}
