package import LRNetKernels

extension TrainingMethod {
    package static let twn = TrainingMethod(
        "twn", publication: "Li et al. 2016", summary: "threshold 0.7 mean, a scale a layer",
        gradient: "straight through", result: "-1, 0, +1, one scale"
    ) { _ in ThresholdModel() }
}

/// Ternary Weight Networks: latent real weights, ternarised by a threshold at every step, with one
/// scale a layer and the identity as the gradient.
///
/// - Source: Li, Zhang, Liu, *Ternary Weight Networks*, 2016; formulas at ``ThresholdWeights``.
package struct ThresholdModel: WeightModel {
    /// No.
    package let isProbabilistic = false

    /// No.
    package let isDrawn = false

    /// Three.
    package let levels: Int? = 3

    /// Straight through.
    package let gradientRule = GradientRule.straightThrough

    /// Creates the model.
    package init() {}

    /// The latent weights.
    package func latents(for shape: WeightShape) -> [LatentTensor] {
        [LatentTensor(name: "weight", role: .weight, shape: shape.sizes)]
    }

    /// Xavier normal, or a copy.
    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        FullPrecisionModel().initialize(latents, shape: shape, from: source)
    }

    /// scale * T.
    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        let scale = ThresholdWeights.ternarize(latents[0], into: weights.mean)
        Elementwise.scale(weights.mean, by: scale)
    }

    /// The gradient of the weights, unchanged (straight through).
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        latentGradients[0].copy(from: gradient.mean)
    }

    /// T and its scale, whatever the selection.
    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        let scale = ThresholdWeights.ternarize(latents[0], into: weights)
        return TestWeights(scale: [scale], isDiscrete: true)
    }
}
