package import LRNetKernels

/// The shape of a layer's weights, which are stored as `[patch, outputs]`. The order within a patch
/// is (row, column, input channel): HWIO.
package struct WeightShape: Sendable, Hashable {
    /// The number of rows, and of columns, of the window; 1 for a fully connected layer.
    package let window: Int
    /// Input channels; all inputs of a fully connected layer.
    package let inputs: Int
    /// Output channels.
    package let outputs: Int

    package init(window: Int, inputs: Int, outputs: Int) {
        self.window = window
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The number of weights per output.
    package var fanIn: Int { window * window * inputs }

    package var count: Int { fanIn * outputs }

    /// The sizes; the last dimension is the innermost one.
    package var sizes: [Int] { [window, window, inputs, outputs] }
}

/// A learned tensor from which a layer's weights are computed.
package struct LatentTensor: Sendable {
    /// A name such as `zeroLogit`, `signLogit` or `weight`.
    package let name: String
    package let role: Parameter.Role
    /// The sizes; those of the weights unless the tensor is something else, such as a scale.
    package let shape: [Int]
    /// A factor of the learning rate.
    package let learningRateScale: Float

    package init(
        name: String, role: Parameter.Role, shape: [Int], learningRateScale: Float = 1
    ) {
        self.name = name
        self.role = role
        self.shape = shape
        self.learningRateScale = learningRateScale
    }
}

/// The weights that a training step computes with: their means and, for probabilistic models, their
/// variances.
package struct PreparedWeights: Sendable {
    /// Means, or the weights themselves, in the shape of the weights.
    package let mean: FloatView
    /// Variances; `nil` if the weights of a step are fixed.
    package let variance: FloatView?

    package init(mean: FloatView, variance: FloatView?) {
        self.mean = mean
        self.variance = variance
    }
}

/// The source of initial values.
package enum WeightInitialization: Sendable {
    /// A cold start, from keyed random numbers.
    case cold(NoiseKey, ColdStart)
    /// The weights of a full-precision network.
    case pretrained(FloatView, LogitRange)
}

/// The distance of initial logits from a tie, if they come from real weights.
package struct LogitRange: Sendable {
    /// p_min and p_max of equation 6, which also limit all initial probabilities.
    package var probabilities: ClosedRange<Float>
    /// The factor of initial logits; 1 in the paper.
    package var sharpness: Float

    /// Creates a range; the default is that of the paper.
    package init(_ probabilities: ClosedRange<Float> = 0.05...0.95, sharpness: Float = 1) {
        self.probabilities = probabilities
        self.sharpness = sharpness
    }

    /// Returns p(0) = clip(p_max - (p_max - p_min) |w|) of a weight w in units of the standard
    /// deviation.
    ///
    /// - Source: Shayer, Levi, Fetaya, ICLR 2018, equation 6.
    func zeroProbability(_ weight: Float) -> Float {
        // In Double, so that 0.95 - 0.05 is the Float nearest to 0.9.
        let span = Double(probabilities.upperBound) - Double(probabilities.lowerBound)
        return clip(probabilities.upperBound - Float(span) * abs(weight))
    }

    func clip(_ probability: Float) -> Float {
        min(max(probability, probabilities.lowerBound), probabilities.upperBound)
    }
}

/// The initial logits when there is no full-precision network to start from.
package enum ColdStart: String, Sendable, CaseIterable {
    /// p(0) uniform in 0.45 ... 0.55 and a random, nearly certain sign (the authors' MNIST and
    /// ResNet code).
    case randomSigns = "random-signs"
    /// p(0) = 1/3 and both signs equally likely (the authors' CIFAR code).
    case balanced
}

/// Scales of the weights of a finished network.
package struct TestWeights: Sendable {
    /// One scale for all weights, one per output, or none.
    package let scale: [Float]
    /// The scale of negative weights if it differs from that of positive weights; one value, or
    /// none.
    package let negativeScale: [Float]
    /// True if the weights before scaling are integers.
    package let isDiscrete: Bool

    package init(scale: [Float] = [], negativeScale: [Float] = [], isDiscrete: Bool) {
        self.scale = scale
        self.negativeScale = negativeScale
        self.isDiscrete = isDiscrete
    }
}

/// The inputs, besides the learned tensors, from which a step's weights and their gradients are
/// computed.
package struct WeightStep: Sendable {
    /// The shape of the layer's weights.
    package let shape: WeightShape
    /// The key of the draws of a step; the same on all ranks.
    package let key: NoiseKey
    /// Values of the whole layer at the start of the step, from
    /// `NeedsWholeLayer/statistics(_:shape:)`: thresholds, scales. For score functions, the
    /// coefficient of each draw.
    package var statistics: [Float]

    package init(shape: WeightShape, key: NoiseKey, statistics: [Float] = []) {
        self.shape = shape
        self.key = key
        self.statistics = statistics
    }
}

/// The origin of the gradients of learned tensors.
package enum GradientRule: Sendable, Equatable {
    /// The gradient of the loss under the noise of the step.
    case exact
    /// The gradient of the weights in use, in place of that of the latent weights.
    case straightThrough
    /// The losses and scores of this many draws; no gradient of the weights.
    case scoreFunction(draws: Int)
    /// Backpropagation of means alone, as if variances were constant.
    case expectation
}

/// A training method: the computation of weights from learned tensors, and of the gradients of
/// learned tensors from the gradients of weights.
///
/// A model is a value without state. Tensors come in the order of ``latents(for:)``; tensors that
/// do not have the shape of the weights (scales) come last. The gradient of a step contains the
/// derivative of the loss with respect to the mean and, if the model is probabilistic, the variance
/// of each weight, summed over the whole batch. `pullBack(_:first:step:gradient:into:)` converts
/// it to gradients of the learned tensors.
///
/// Separate protocols declare what only some methods have: ``NeedsWholeLayer``, ``LearnsScales``,
/// ``LearnsFromLosses``, ``HasRegularizer``, ``HasScaledDecay``, ``HasConstraint``,
/// ``StandardizesPreActivations``, ``DependsOnPosition`` and ``HasDistributions``.
package protocol WeightModel: Sendable {
    /// True if the weights of a step have variances.
    var isProbabilistic: Bool { get }

    /// True if finished weights are drawn at random, so that there are several possible networks.
    var isDrawn: Bool { get }

    /// True if training leaves the learned tensors at their initial values; false by default.
    var isFrozen: Bool { get }

    /// The number of values that the weights of a finished network can have before scaling; `nil`
    /// for real numbers.
    var levels: Int? { get }

    /// The origin of gradients; exact by default.
    var gradientRule: GradientRule { get }

    /// The order of the layers around the network's products; rectified by default.
    var activations: ActivationStyle { get }

    /// The learned tensors of a layer.
    func latents(for shape: WeightShape) -> [LatentTensor]

    func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization)

    /// Computes the weights of a step.
    func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool)

    /// Computes the gradients of the learned tensors for a contiguous range of weights.
    /// ``LearnsScales/scaleGradient(_:step:gradient:into:)`` computes those of scales.
    ///
    /// - Parameters:
    ///   - latents: The values for this range of weights, like all views here; then whole scales.
    ///   - first: The position of the range's first weight in the layer, a multiple of 64.
    ///   - step: The step that was passed to ``prepare(_:step:into:pool:)``.
    ///   - gradient: dL/d mean and dL/d variance; empty for score functions.
    ///   - latentGradients: Overwritten; one view per tensor that has the shape of the weights.
    func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView])

    /// Computes the weights of a finished network.
    ///
    /// - Parameter weights: Overwritten with the weights before scaling.
    func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights
}

extension WeightModel {
    package var isFrozen: Bool { false }
    package var gradientRule: GradientRule { .exact }
    package var activations: ActivationStyle { .rectified }

    /// The number of values that one thread handles at a time.
    var grain: Int { 1 << 15 }

    /// True if the gradient of a step contains dL/d variance of each weight.
    var hasVarianceGradient: Bool { isProbabilistic && gradientRule != .expectation }

    /// True if the gradient of a step contains derivatives with respect to the weights.
    var hasWeightGradient: Bool {
        if case .scoreFunction = gradientRule { false } else { true }
    }
}
