package import LRNetKernels

extension TrainingMethod {
    package static let ternary = TrainingMethod(
        "ternary", publication: "LR-nets: Shayer et al. 2018",
        summary: "one distribution per weight",
        gradient: "exact, under sampled pre-activations", result: "one draw of -1, 0, +1"
    ) { _ in TernaryModel() }
}

/// LR-net ternary weights: -1, 0 or +1 with two logits each.
///
/// - Source: Shayer, Levi, Fetaya, ICLR 2018, section 3; formulas at `WeightMoments`.
package struct TernaryModel: HasDistributions {
    package let isProbabilistic = true
    package let isDrawn = true
    package let levels: Int? = 3

    package init() {}

    package func latents(for shape: WeightShape) -> [LatentTensor] {
        ["zeroLogit", "signLogit"].map {
            LatentTensor(name: $0, role: .logit, shape: shape.sizes)
        }
    }

    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        LogitInitialization.ternary(
            zeroLogit: latents[0], signLogit: latents[1], from: source)
    }

    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        guard let variance = weights.variance else { preconditionFailure("no variance") }
        pool.forEachRange(step.shape.count, grain: grain) { range, _ in
            WeightMoments.ternary(
                zeroLogit: latents[0][range], signLogit: latents[1][range],
                mean: weights.mean[range], variance: variance[range])
        }
    }

    /// Applies equation 5 with the derivatives of the moments.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        guard let variance = gradient.variance else { preconditionFailure("no variance") }
        WeightMoments.ternaryPullBack(
            zeroLogit: latents[0], signLogit: latents[1], meanGradient: gradient.mean,
            varianceGradient: variance, zeroLogitGradient: latentGradients[0],
            signLogitGradient: latentGradients[1])
    }

    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        WeightDraws.ternary(
            zeroLogit: latents[0], signLogit: latents[1], selection: selection, weights: weights)
        return TestWeights(isDiscrete: true)
    }

    /// Returns p(0), and p(+1) = (1 - p(0)) q.
    package func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float]) {
        let (zero, sign) = (probability(latents[0]), probability(latents[1]))
        return (zero, zip(zero, sign).map { (1 - $0) * $1 })
    }
}

/// Returns the logistic function of each value.
func probability(_ logits: FloatView) -> [Float] {
    let result = FloatBuffer(count: logits.count)
    WeightMoments.probability(ofLogit: logits, into: result.all)
    return result.all.values
}
