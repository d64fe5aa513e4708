package import LRNetKernels

extension TrainingMethod {
    package static let twn = TrainingMethod(
        "twn", publication: "Li et al. 2016",
        summary: "threshold at 0.7 of the mean magnitude, one scale per layer",
        gradient: "straight through", result: "-1, 0, +1, one scale"
    ) { _ in ThresholdModel() }
}

/// Ternary Weight Networks: latent real weights that a threshold makes ternary at every step, with
/// one scale per layer and the gradient of the ternary weights (straight-through).
///
/// - Source: Li, Zhang, Liu, *Ternary Weight Networks*, 2016; formulas at `ThresholdWeights`.
package struct ThresholdModel: WeightModel {
    package let isProbabilistic = false
    package let isDrawn = false
    package let levels: Int? = 3
    package let gradientRule = GradientRule.straightThrough

    package init() {}

    package func latents(for shape: WeightShape) -> [LatentTensor] {
        [LatentTensor(name: "weight", role: .weight, shape: shape.sizes)]
    }

    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        FullPrecisionModel().initialize(latents, shape: shape, from: source)
    }

    /// Writes scale * T, the ternary weights times their scale.
    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        let scale = ThresholdWeights.ternarize(latents[0], into: weights.mean)
        Elementwise.scale(weights.mean, by: scale)
    }

    /// Copies the gradient of the weights (straight-through).
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        latentGradients[0].copy(from: gradient.mean)
    }

    /// Writes T and returns its scale; ignores `selection`.
    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        let scale = ThresholdWeights.ternarize(latents[0], into: weights)
        return TestWeights(scale: [scale], isDiscrete: true)
    }
}
