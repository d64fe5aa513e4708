package import LRNetKernels

extension TrainingMethod {
    package static let fullPrecision = TrainingMethod(
        "full-precision", publication: "", summary: "nothing is discrete", gradient: "exact",
        result: "real numbers"
    ) { _ in FullPrecisionModel() }
}

/// Ordinary real weights, for source networks of LR-nets and for real first and last layers.
package struct FullPrecisionModel: WeightModel {
    package let isProbabilistic = false
    package let isDrawn = false

    /// True if training leaves the weights at their initial values. These have a population
    /// standard deviation of 1, whatever that of the source is.
    package let isFrozen: Bool

    package let levels: Int? = nil

    package init(isFrozen: Bool = false) { self.isFrozen = isFrozen }

    package func latents(for shape: WeightShape) -> [LatentTensor] {
        [LatentTensor(name: "weight", role: .weight, shape: shape.sizes)]
    }

    /// Draws Xavier normal values or copies the source; divides by the population standard
    /// deviation if frozen.
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

    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        weights.mean.copy(from: latents[0])
    }

    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        latentGradients[0].copy(from: gradient.mean)
    }

    /// Writes the weights themselves; ignores `selection`.
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
