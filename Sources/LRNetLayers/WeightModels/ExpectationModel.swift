package import LRNetKernels

extension TrainingMethod {
    package static let ebp = TrainingMethod(
        "ebp", publication: "Soudry et al. 2014",
        summary: "means of weights and of sign activations", gradient: "its own rule, batched",
        result: "signs, and sign activations"
    ) { _ in ExpectationModel() }
}

/// Expectation backpropagation: binary weights with a mean each, sign activations of which the mean
/// travels through the network, and a rule that is local to each layer.
///
/// With h = b / 2 for the sign logit b of a binary LR-net, K inputs and v the mean activations of the
/// layer before:
///
///     <w> = tanh h        z[o] = (sum of <w> x + bias[o]) / sqrt(V[o])        v[o] = erf(z[o] / sqrt 2)
///     V[o] = sum of (1 - <w>^2) x^2 + 1        for real inputs x
///     V[o] = sum of (1 - <w>^2 v^2) + 1        behind sign activations
///     h = h - rate dL/d<w>                     with V held constant
///
/// The publication trains on one sample at a time with a rate of 1; its released code adds up the rule
/// over batches of 10, which is gradient descent without momentum at a rate of the batch's size, as
/// losses are means. Other losses and optimizers are ours. (The factor 1 / sqrt(K + 1) of the
/// publication cancels in z.) Finished weights are the signs of h, and finished activations are signs: "EBP-D".
///
/// - Source: Soudry, Hubara, Meir, *Expectation Backpropagation*, NIPS 2014.
package struct ExpectationModel: StandardizesPreActivations, DependsOnPosition, HasDistributions {
    /// What a layer sees.
    package enum Input: Sendable {
        /// Numbers without a variance: the images.
        case real
        /// Mean activations of a sign layer.
        case signs
    }

    /// What the layer sees.
    package let input: Input

    /// Yes.
    package let isProbabilistic = true

    /// No: finished weights are the likeliest.
    package let isDrawn = false

    /// Two.
    package let levels: Int? = 2

    /// Of means alone.
    package let gradientRule = GradientRule.expectation

    /// Means of signs.
    package let activations = ActivationStyle.expectedSign

    /// Creates the model.
    package init(input: Input = .real) {
        self.input = input
    }

    /// The first layer sees real numbers, the others signs.
    package func model(forFirstLayer isFirst: Bool) -> any WeightModel {
        ExpectationModel(input: isFirst ? .real : .signs)
    }

    /// `signLogit`, 2 h.
    package func latents(for shape: WeightShape) -> [LatentTensor] {
        BinaryModel().latents(for: shape)
    }

    /// h uniform with a variance of 1 / K, as the released code has it, or as a binary LR-net.
    ///
    /// A start nearer to 0, such as 1 / K, is a saddle that networks with several hidden layers do not
    /// leave: the gradient of each layer has the means of the layers behind it as factors.
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

    /// Means, and what ``varianceOffset(_:)`` leaves of the variances.
    package func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool
    ) {
        BinaryModel().prepare(latents, step: step, into: weights, pool: pool)
        if input == .signs, let variance = weights.variance {
            Elementwise.add(-1, to: variance)
        }
    }

    /// 1; behind signs K + 1, as `V = K + 1 - sum of <w>^2 v^2`.
    package func varianceOffset(_ shape: WeightShape) -> Float {
        input == .signs ? Float(shape.fanIn + 1) : 1
    }

    /// dL/dh as the rule wants it; of b = 2 h, twice that.
    package func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView]
    ) {
        latentGradients[0].copy(from: gradient.mean)
        Elementwise.scale(latentGradients[0], by: 2)
    }

    /// Signs, whatever the selection.
    package func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights {
        BinaryModel().testWeights(latents, shape: shape, selection: .likeliest, into: weights)
    }

    /// As a binary LR-net's.
    package func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float]) {
        BinaryModel().probabilities(latents)
    }
}
