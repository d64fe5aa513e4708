package import LRNetKernels
internal import LRNetSupport

extension TrainingMethod {
    package static let logDerivative = TrainingMethod(
        "log-derivative", publication: "Shayer et al. 2018, section 2", summary: "K draws a step",
        gradient: "losses times scores, leave-one-out baseline", result: "one draw",
        constants: [LogDerivativeModel.drawsConstant, LogDerivativeModel.distributionConstant]
    ) { constants in
        let word = constants[word: LogDerivativeModel.distributionConstant]
        guard let distribution = DiscreteDistribution(rawValue: word) else {
            preconditionFailure("distribution \(word)")
        }
        return LogDerivativeModel(
            distribution, draws: constants[whole: LogDerivativeModel.drawsConstant])
    }
}

/// Discrete weights trained by the log-derivative trick (REINFORCE), with the logits, initial values and
/// test-time weights of an LR-net.
///
///     g = 1 / K sum over draws k of (loss_k - baseline_k) d log P(w_k) / d logits
///
/// A step draws K sets of weights and measures the loss of the whole batch under each; a draw's
/// baseline is the mean loss of the others, so that the estimate is unbiased. Batch norm and the last
/// layer learn by backpropagation through the first draw.
///
/// - Source: Williams, *Machine Learning* 8, 1992; leave-one-out baseline: Kool, van Hoof, Welling, 2019.
///   Scores at ``ScoreGradients``.
package struct LogDerivativeModel: LearnsFromLosses, HasRegularizer, HasDistributions {
    /// Which weights there are.
    package let distribution: DiscreteDistribution

    /// K, at least 2.
    package let draws: Int

    /// No: a pass computes with one draw.
    package let isProbabilistic = false

    /// Yes.
    package let isDrawn = true

    /// Two or three.
    package var levels: Int? { model.levels }

    /// Scores.
    package var gradientRule: GradientRule { .scoreFunction(draws: draws) }

    /// The LR-net of the same weights, whose logits these are.
    private var model: any HasDistributions { distribution.model }

    package static let drawsConstant = MethodConstant.whole(
        "draws", 2...10_000, usual: 4, about: "Networks that are drawn in a step.")

    package static let distributionConstant = MethodConstant.word(
        "distribution", usual: DiscreteDistribution.ternary,
        about: "Whether weights are binary or ternary.")

    /// Creates the model.
    package init(_ distribution: DiscreteDistribution = .ternary, draws: Int = 4) {
        precondition(draws >= 2, "\(draws) draws leave no baseline")
        self.distribution = distribution
        self.draws = draws
    }

    /// `(loss_k - baseline_k) / K` of each draw.
    ///
    /// - Precondition: There are at least two losses.
    package func coefficients(losses: [Double]) -> [Float] {
        precondition(losses.count >= 2, "\(losses.count) losses")
        let mean = losses.reduce(0, +) / Double(losses.count)
        // loss_k minus the mean of the others is K / (K - 1) of the distance from the mean of all.
        return losses.map { Float(($0 - mean) / Double(losses.count - 1)) }
    }

    /// The logits of the LR-net.
    package func latents(for shape: WeightShape) -> [LatentTensor] { model.latents(for: shape) }

    /// As the LR-net's.
    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        model.initialize(latents, shape: shape, from: source)
    }

    /// One draw.
    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        _ = model.testWeights(
            latents, shape: step.shape, selection: .drawn(step.key), into: weights.mean)
    }

    /// The weighted sum of the draws' scores.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        for gradient in latentGradients { gradient.fill(0) }
        for (draw, coefficient) in step.statistics.enumerated() {
            let key = step.key.with(index: UInt32(draw))
            switch distribution {
            case .ternary:
                ScoreGradients.addTernary(
                    zeroLogit: latents[0], signLogit: latents[1], key: key, first: first,
                    coefficient: coefficient, toZeroLogit: latentGradients[0],
                    signLogit: latentGradients[1])
            case .binary:
                ScoreGradients.addBinary(
                    signLogit: latents[0], key: key, first: first, coefficient: coefficient,
                    to: latentGradients[0])
            }
        }
    }

    /// As the LR-net's.
    package func addRegularization(
        beta: Float, _ latents: [FloatView], to latentGradients: [FloatView]
    ) {
        (model as? any HasRegularizer)?.addRegularization(
            beta: beta, latents, to: latentGradients)
    }

    /// One draw, or the likeliest.
    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        model.testWeights(latents, shape: shape, selection: selection, into: weights)
    }

    /// As the LR-net's.
    package func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float]) {
        model.probabilities(latents)
    }
}
