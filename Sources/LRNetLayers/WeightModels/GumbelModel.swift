public import LRNetKernels

/// Discrete weights trained through one relaxed draw a step (Gumbel-softmax), with the logits,
/// initial values and test-time weights of an LR-net.
///
/// - Source: Shayer, Levi, Fetaya, ICLR 2018, appendix A; formulas at ``GumbelWeights``.
public struct GumbelModel: WeightModel {
    /// The levels of the weights.
    public enum Levels: String, Sendable {
        /// -1 and +1.
        case binary
        /// -1, 0 and +1.
        case ternary
    }

    /// The levels of the weights.
    public let levels: Levels

    /// The temperature of the relaxation; positive, 0.1 in the paper.
    public let temperature: Float

    /// `gumbel-binary` or `gumbel-ternary`
    public var name: String { "gumbel-\(levels.rawValue)" }

    /// No: a step's weights are drawn once and then fixed.
    public let isProbabilistic = false

    /// Yes.
    public let isDrawn = true

    /// Creates the model.
    public init(levels: Levels, temperature: Float = 0.1) {
        precondition(temperature > 0, "temperature \(temperature)")
        self.levels = levels
        self.temperature = temperature
    }

    /// The LR-net of the same levels: it shares the logits.
    private var distribution: any WeightModel {
        levels == .ternary ? TernaryModel() : BinaryModel()
    }

    /// The logits of the LR-net.
    public func latents(for shape: WeightShape) -> [LatentTensor] {
        distribution.latents(for: shape)
    }

    /// As the LR-net's.
    public func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        distribution.initialize(latents, shape: shape, from: source)
    }

    /// One relaxed draw.
    public func prepare(
        _ latents: [FloatView], shape: WeightShape, key: NoiseKey, into weights: PreparedWeights,
        pool: ThreadPool
    ) {
        switch levels {
        case .ternary:
            GumbelWeights.ternary(
                zeroLogit: latents[0], signLogit: latents[1], temperature: temperature, key: key,
                weights: weights.mean)
        case .binary:
            GumbelWeights.binary(
                signLogit: latents[0], temperature: temperature, key: key, weights: weights.mean)
        }
    }

    /// Through the relaxation, with the same draw.
    public func pullBack(
        _ latents: [FloatView], first: Int, key: NoiseKey, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        switch levels {
        case .ternary:
            GumbelWeights.ternaryPullBack(
                zeroLogit: latents[0], signLogit: latents[1], temperature: temperature, key: key,
                first: first, weightGradient: gradient.mean, zeroLogitGradient: latentGradients[0],
                signLogitGradient: latentGradients[1])
        case .binary:
            GumbelWeights.binaryPullBack(
                signLogit: latents[0], temperature: temperature, key: key,
                first: first, weightGradient: gradient.mean, signLogitGradient: latentGradients[0])
        }
    }

    /// As the LR-net's.
    public func addRegularization(
        beta: Float, _ latents: [FloatView], to latentGradients: [FloatView]
    ) {
        distribution.addRegularization(beta: beta, latents, to: latentGradients)
    }

    /// One draw, or the likeliest.
    public func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        distribution.testWeights(latents, shape: shape, selection: selection, into: weights)
    }

    /// As the LR-net's.
    public func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float])? {
        distribution.probabilities(latents)
    }
}
