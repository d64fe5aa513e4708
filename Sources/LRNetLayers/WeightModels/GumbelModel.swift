package import LRNetKernels
internal import LRNetSupport

extension TrainingMethod {
    package static let gumbelBinary = TrainingMethod(
        "gumbel-binary", publication: "Shayer et al. 2018, appendix A",
        summary: "one relaxed draw per step", gradient: "exact, of the relaxation",
        result: "one draw of -1, +1", constants: [GumbelModel.temperatureConstant]
    ) { GumbelModel(.binary, $0) }

    package static let gumbelTernary = TrainingMethod(
        "gumbel-ternary", publication: "Shayer et al. 2018, appendix A",
        summary: "one relaxed draw per step", gradient: "exact, of the relaxation",
        result: "one draw of -1, 0, +1", constants: [GumbelModel.temperatureConstant]
    ) { GumbelModel(.ternary, $0) }
}

/// Discrete weights trained through one relaxed draw per step (Gumbel-softmax).
///
/// - Source: Shayer, Levi, Fetaya, ICLR 2018, appendix A; formulas at `GumbelWeights`.
package struct GumbelModel: SharesLogits {
    package let distribution: DiscreteDistribution

    /// The temperature of the relaxation; positive, 0.1 in the paper.
    package let temperature: Float

    package static let temperatureConstant = MethodConstant.number(
        "temperature", .from(1e-6, to: 1e6), usual: 0.1,
        about: "The temperature of the relaxed draws.")

    init(_ distribution: DiscreteDistribution, _ constants: MethodConstants) {
        self.init(
            distribution, temperature: Float(constants[number: Self.temperatureConstant]))
    }

    package init(_ distribution: DiscreteDistribution, temperature: Float = 0.1) {
        precondition(temperature > 0, "temperature \(temperature)")
        self.distribution = distribution
        self.temperature = temperature
    }

    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        switch distribution {
        case .ternary:
            GumbelWeights.ternary(
                zeroLogit: latents[0], signLogit: latents[1], temperature: temperature,
                key: step.key,
                weights: weights.mean)
        case .binary:
            GumbelWeights.binary(
                signLogit: latents[0], temperature: temperature, key: step.key,
                weights: weights.mean)
        }
    }

    /// Differentiates the relaxation with the same draw.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        switch distribution {
        case .ternary:
            GumbelWeights.ternaryPullBack(
                zeroLogit: latents[0], signLogit: latents[1], temperature: temperature,
                key: step.key,
                first: first, weightGradient: gradient.mean, zeroLogitGradient: latentGradients[0],
                signLogitGradient: latentGradients[1])
        case .binary:
            GumbelWeights.binaryPullBack(
                signLogit: latents[0], temperature: temperature, key: step.key,
                first: first, weightGradient: gradient.mean, signLogitGradient: latentGradients[0])
        }
    }
}
