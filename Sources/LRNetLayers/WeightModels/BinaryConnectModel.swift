package import LRNetKernels

extension TrainingMethod {
    package static let binaryConnect = TrainingMethod(
        "binary-connect", publication: "Courbariaux et al. 2015",
        summary: "signs of latent weights in -1 ... 1", gradient: "straight through",
        result: "signs"
    ) { _ in BinaryConnectModel(.deterministic) }

    package static let binaryConnectStochastic = TrainingMethod(
        "binary-connect-stochastic", publication: "Courbariaux et al. 2015",
        summary: "one draw of signs a step", gradient: "straight through",
        result: "the latent weights: real numbers"
    ) { _ in BinaryConnectModel(.stochastic) }

    package static let bnn = TrainingMethod(
        "bnn", publication: "Hubara et al. 2016", summary: "as binary-connect, and activations",
        gradient: "straight through; hard tanh's for signs", result: "signs"
    ) { _ in BinaryConnectModel(.binaryActivations) }
}

/// BinaryConnect: latent real weights in -1 ... 1, of which a step uses the signs, or one draw; the
/// identity as the gradient. With sign activations it is BNN.
///
/// The learning rate of a layer is multiplied by `sqrt((fan-in + fan-out) / 1.5)`. Finished weights are
/// signs, but of the stochastic variant the latent weights themselves: that one is no network of
/// integers.
///
/// - Source: Courbariaux, Bengio, David, *BinaryConnect*, NIPS 2015, Algorithm 1, with the released
///   code's rate and uniform start; Hubara et al., *Binarized Neural Networks*, NIPS 2016. Formulas at
///   ``SignWeights``.
package struct BinaryConnectModel: HasConstraint {
    /// What is binary, and when.
    package enum Variant: Sendable {
        /// Weights, by their signs.
        case deterministic
        /// Weights in training, by one draw a step.
        case stochastic
        /// Weights and activations, by their signs.
        case binaryActivations
    }

    /// What is binary, and when.
    package let variant: Variant

    /// No: a step's weights are fixed.
    package let isProbabilistic = false

    /// No.
    package let isDrawn = false

    /// Two; real numbers for the stochastic variant.
    package var levels: Int? { variant == .stochastic ? nil : 2 }

    /// Straight through.
    package let gradientRule = GradientRule.straightThrough

    /// Signs for BNN.
    package var activations: ActivationStyle { variant == .binaryActivations ? .sign : .rectified }

    /// Creates the model.
    package init(_ variant: Variant) {
        self.variant = variant
    }

    /// The latent weights.
    package func latents(for shape: WeightShape) -> [LatentTensor] {
        let fans = shape.fanIn + shape.window * shape.window * shape.outputs
        return [
            LatentTensor(
                name: "weight", role: .latent, shape: shape.sizes,
                learningRateScale: (Float(fans) / 1.5).squareRoot())
        ]
    }

    /// Uniform in -1 ... 1; or `W / s`, s the population deviation, so that the probability of +1 is that of
    /// a binary LR-net.
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

    /// Signs, or one draw.
    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        if variant == .stochastic {
            SignWeights.draw(latents[0], key: step.key, into: weights.mean)
        } else {
            SignWeights.binarize(latents[0], into: weights.mean)
        }
    }

    /// The gradient of the weights, unchanged.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        latentGradients[0].copy(from: gradient.mean)
    }

    /// Clips to -1 ... 1.
    package func didUpdate(_ latents: [FloatView], shape: WeightShape) {
        Elementwise.clamp(latents[0], to: -1...1)
    }

    /// Signs, whatever the selection; the latent weights for the stochastic variant.
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
