package import LRNetKernels

extension TrainingMethod {
    package static let binary = TrainingMethod(
        "binary", publication: "LR-nets: Shayer et al. 2018",
        summary: "one distribution per weight",
        gradient: "exact, under sampled pre-activations", result: "one draw of -1, +1"
    ) { _ in BinaryModel() }
}

/// LR-net binary weights: -1 or +1 with one logit each.
///
/// - Source: Shayer, Levi, Fetaya, ICLR 2018, section 3; formulas at `WeightMoments`.
package struct BinaryModel: HasRegularizer, HasDistributions {
    package let isProbabilistic = true
    package let isDrawn = true
    package let levels: Int? = 2

    package init() {}

    package func latents(for shape: WeightShape) -> [LatentTensor] {
        [LatentTensor(name: "signLogit", role: .logit, shape: shape.sizes)]
    }

    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        LogitInitialization.binary(signLogit: latents[0], from: source)
    }

    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        guard let variance = weights.variance else { preconditionFailure("no variance") }
        pool.forEachRange(step.shape.count, grain: grain) { range, _ in
            WeightMoments.binary(
                signLogit: latents[0][range], mean: weights.mean[range],
                variance: variance[range])
        }
    }

    /// Applies equation 5 with the derivatives of the moments.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        guard let variance = gradient.variance else { preconditionFailure("no variance") }
        WeightMoments.binaryPullBack(
            signLogit: latents[0], meanGradient: gradient.mean, varianceGradient: variance,
            signLogitGradient: latentGradients[0])
    }

    /// Adds the gradient of `beta * sum of q (1 - q)`, which drives probabilities to 0 and 1.
    package func addRegularization(
        beta: Float, _ latents: [FloatView], to latentGradients: [FloatView]
    ) {
        guard beta != 0 else { return }
        WeightMoments.addBetaGradient(
            signLogit: latents[0], strength: beta, to: latentGradients[0])
    }

    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        WeightDraws.binary(signLogit: latents[0], selection: selection, weights: weights)
        return TestWeights(isDiscrete: true)
    }

    /// Returns p(0) = 0 and p(+1) = q.
    package func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float]) {
        (Array(repeating: 0, count: latents[0].count), probability(latents[0]))
    }
}
