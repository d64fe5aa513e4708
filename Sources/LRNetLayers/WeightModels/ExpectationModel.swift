package import LRNetKernels

extension TrainingMethod {
    package static let ebp = TrainingMethod(
        "ebp", publication: "Soudry et al. 2014",
        summary: "means of weights and of sign activations", gradient: "its own rule, batched",
        result: "signs, and sign activations"
    ) { _ in ExpectationModel() }
}

/// Expectation backpropagation: binary weights that are represented by their means, sign
/// activations whose means propagate through the network, and a learning rule that is local to each
/// layer.
///
/// With h = b / 2 for the sign logit b of a binary LR-net, K inputs, and v the mean activations of
/// the previous layer:
///
///     <w> = tanh h        z[o] = (sum of <w> x + bias[o]) / sqrt(V[o])   v[o] = erf(z[o] / sqrt 2)
///     V[o] = sum of (1 - <w>^2) x^2 + 1        for real inputs x
///     V[o] = sum of (1 - <w>^2 v^2) + 1        after sign activations
///     h = h - rate dL/d<w>                     with V held constant
///
/// The publication trains on one sample at a time with a learning rate of 1. Its released code sums
/// the rule over batches of 10. Losses are means over the batch, so this is gradient descent
/// without momentum at a learning rate equal to the batch size. Other losses and optimizers are our
/// additions. (The factor 1 / sqrt(K + 1) of the publication cancels in z.) Finished weights are
/// the signs of h, and finished activations are signs: "EBP-D".
///
/// - Source: Soudry, Hubara, Meir, *Expectation Backpropagation*, NIPS 2014.
package struct ExpectationModel: StandardizesPreActivations, DependsOnPosition, HasDistributions {
    /// The kind of values that a layer receives.
    package enum Input: Sendable {
        /// Numbers without variance: the images.
        case real
        /// Mean activations of a sign layer.
        case signs
    }

    package let input: Input
    package let isProbabilistic = true

    /// False, because finished weights are the likeliest ones.
    package let isDrawn = false

    package let levels: Int? = 2
    package let gradientRule = GradientRule.expectation
    package let activations = ActivationStyle.expectedSign

    package init(input: Input = .real) {
        self.input = input
    }

    /// Returns a model with real inputs for the first layer, and with sign inputs for all others.
    package func model(forFirstLayer isFirst: Bool) -> any WeightModel {
        ExpectationModel(input: isFirst ? .real : .signs)
    }

    /// Returns `signLogit`, which contains b = 2 h.
    package func latents(for shape: WeightShape) -> [LatentTensor] {
        BinaryModel().latents(for: shape)
    }

    /// Draws h uniformly with a variance of 1 / K, as the released code does, or initializes it
    /// like a binary LR-net.
    ///
    /// A start closer to 0, such as 1 / K, is a saddle point that networks with several hidden
    /// layers do not leave: the gradient of each layer has the means of the following layers as
    /// factors.
    package func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization
    ) {
        switch source {
        case .cold(let key, _):
            let width = 2 * (3 / Double(shape.fanIn)).squareRoot()
            for i in 0..<latents[0].count {
                latents[0][i] = Float(width * (2 * key.uniform(i) - 1))
            }
        case .pretrained: BinaryModel().initialize(latents, shape: shape, from: source)
        }
    }

    /// Computes the means, and the variances without the constant part that ``varianceOffset(_:)``
    /// adds.
    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        BinaryModel().prepare(latents, step: step, into: weights, pool: pool)
        if input == .signs, let variance = weights.variance {
            Elementwise.add(-1, to: variance)
        }
    }

    /// Returns 1, or K + 1 after signs, where `V = K + 1 - sum of <w>^2 v^2`.
    package func varianceOffset(_ shape: WeightShape) -> Float {
        input == .signs ? Float(shape.fanIn + 1) : 1
    }

    /// Writes twice dL/d<w>: the rule uses dL/d<w> as dL/dh, and b = 2 h.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        latentGradients[0].copy(from: gradient.mean)
        Elementwise.scale(latentGradients[0], by: 2)
    }

    /// Writes signs; ignores `selection`.
    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        BinaryModel().testWeights(latents, shape: shape, selection: .likeliest, into: weights)
    }

    package func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float]) {
        BinaryModel().probabilities(latents)
    }
}
