package import LRNetKernels
internal import LRNetSupport

extension TrainingMethod {
    package static let logDerivative = TrainingMethod(
        "log-derivative", publication: "Shayer et al. 2018, section 2", summary: "K draws per step",
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

/// Discrete weights trained by the log-derivative trick (REINFORCE).
///
///     g = 1 / K sum over draws k of (loss_k - baseline_k) d log P(w_k) / d logits
///
/// A step draws K sets of weights and measures the loss of the whole batch under each. The baseline
/// of a draw is the mean loss of the other draws, so the estimate is unbiased. Batch norm and the
/// last layer learn by backpropagation through the first draw.
///
/// - Source: Williams, *Machine Learning* 8, 1992; leave-one-out baseline: Kool, van Hoof, Welling,
///   2019. Scores at `ScoreGradients`.
package struct LogDerivativeModel: LearnsFromLosses, SharesLogits {
    package let distribution: DiscreteDistribution

    /// K, the number of draws per step; at least 2.
    package let draws: Int

    package var gradientRule: GradientRule { .scoreFunction(draws: draws) }

    package static let drawsConstant = MethodConstant.whole(
        "draws", 2...10_000, usual: 4, about: "The number of networks drawn in each step.")

    package static let distributionConstant = MethodConstant.word(
        "distribution", usual: DiscreteDistribution.ternary,
        about: "The distribution of the weights: binary or ternary.")

    package init(_ distribution: DiscreteDistribution = .ternary, draws: Int = 4) {
        precondition(draws >= 2, "\(draws) draws leave no baseline")
        self.distribution = distribution
        self.draws = draws
    }

    /// Returns `(loss_k - baseline_k) / K` for each draw.
    ///
    /// - Precondition: There are at least two losses.
    package func coefficients(losses: [Double]) -> [Float] {
        precondition(losses.count >= 2, "\(losses.count) losses")
        let mean = losses.reduce(0, +) / Double(losses.count)
        // loss_k minus the mean of the others is K / (K - 1) times its distance from the overall
        // mean.
        return losses.map { Float(($0 - mean) / Double(losses.count - 1)) }
    }

    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        _ = testWeights(
            latents, shape: step.shape, selection: .drawn(step.key), into: weights.mean)
    }

    /// Writes the weighted sum of the scores of the draws.
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
}
