package import LRNetKernels

extension TrainingMethod {
    package static let binaryConnect = TrainingMethod(
        "binary-connect", publication: "Courbariaux et al. 2015",
        summary: "signs of latent weights in -1 ... 1", gradient: "straight through",
        result: "signs"
    ) { _ in BinaryConnectModel(.deterministic) }

    package static let binaryConnectStochastic = TrainingMethod(
        "binary-connect-stochastic", publication: "Courbariaux et al. 2015",
        summary: "one draw of signs per step", gradient: "straight through",
        result: "the latent weights: real numbers"
    ) { _ in BinaryConnectModel(.stochastic) }

    package static let bnn = TrainingMethod(
        "bnn", publication: "Hubara et al. 2016",
        summary: "as binary-connect, with sign activations",
        gradient: "straight through; hard tanh's for signs", result: "signs"
    ) { _ in BinaryConnectModel(.binaryActivations) }
}

/// BinaryConnect: latent real weights in -1 ... 1. A step uses their signs, or one random draw, and
/// the latent weights receive the gradient of the weights in use (straight-through). With sign
/// activations it is BNN.
///
/// The learning rate of a layer is multiplied by `sqrt((fan-in + fan-out) / 1.5)`. Finished weights
/// are signs. Only the stochastic variant keeps the latent weights themselves, so its finished
/// network does not consist of integers.
///
/// - Source: Courbariaux, Bengio, David, *BinaryConnect*, NIPS 2015, Algorithm 1, with the learning
///   rate and the uniform initial values of the released code; Hubara et al., *Binarized Neural
///   Networks*, NIPS 2016. Formulas at `SignWeights`.
package struct BinaryConnectModel: HasConstraint {
    /// The quantities that are binary.
    package enum Variant: Sendable {
        /// Weights, which are signs.
        case deterministic
        /// Weights in training, which are one random draw per step.
        case stochastic
        /// Weights and activations, which are signs.
        case binaryActivations
    }

    package let variant: Variant
    package let isProbabilistic = false
    package let isDrawn = false
    package var levels: Int? { variant == .stochastic ? nil : 2 }
    package let gradientRule = GradientRule.straightThrough
    package var activations: ActivationStyle { variant == .binaryActivations ? .sign : .rectified }

    package init(_ variant: Variant) {
        self.variant = variant
    }

    package func latents(for shape: WeightShape) -> [LatentTensor] {
        let fans = shape.fanIn + shape.window * shape.window * shape.outputs
        return [
            LatentTensor(
                name: "weight", role: .latent, shape: shape.sizes,
                learningRateScale: (Float(fans) / 1.5).squareRoot())
        ]
    }

    /// Draws uniform values in -1 ... 1, or divides pretrained weights by their population standard
    /// deviation and clips them. The probability of +1 is then that of a binary LR-net.
    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        switch source {
        case .cold(let key, _):
            for i in 0..<latents[0].count { latents[0][i] = Float(2 * key.uniform(i) - 1) }
        case .pretrained(let weights, _):
            latents[0].copy(from: weights)
            Elementwise.scale(latents[0], by: 1 / LogitInitialization.deviation(of: weights))
            didUpdate(latents, shape: shape)
        }
    }

    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        if variant == .stochastic {
            SignWeights.draw(latents[0], key: step.key, into: weights.mean)
        } else {
            SignWeights.binarize(latents[0], into: weights.mean)
        }
    }

    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        latentGradients[0].copy(from: gradient.mean)
    }

    package func didUpdate(_ latents: [FloatView], shape: WeightShape) {
        Elementwise.clamp(latents[0], to: -1...1)
    }

    /// Writes signs, or the latent weights for the stochastic variant; ignores `selection`.
    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        if variant == .stochastic {
            weights.copy(from: latents[0])
        } else {
            SignWeights.binarize(latents[0], into: weights)
        }
        return TestWeights(isDiscrete: variant != .stochastic)
    }
}
