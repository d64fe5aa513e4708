package import LRNetKernels

/// The shape of a layer's weights, stored `[patch, outputs]` with the patch in the order
/// (row, column, input channel): HWIO.
package struct WeightShape: Sendable, Hashable {
    /// Rows and columns of the window; 1 for a fully connected layer.
    package let window: Int
    /// Input channels; all inputs of a fully connected layer.
    package let inputs: Int
    /// Output channels.
    package let outputs: Int

    /// Creates a shape.
    package init(window: Int, inputs: Int, outputs: Int) {
        self.window = window
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The number of weights of one output.
    package var fanIn: Int { window * window * inputs }

    /// The number of weights.
    package var count: Int { fanIn * outputs }

    /// The sizes, innermost last.
    package var sizes: [Int] { [window, window, inputs, outputs] }
}

/// A learned tensor behind a layer's weights.
package struct LatentTensor: Sendable {
    /// `zeroLogit`, `signLogit`, `weight`, ...
    package let name: String
    /// What the tensor is.
    package let role: Parameter.Role
    /// The sizes; the weights' own unless the tensor is something else, such as a scale.
    package let shape: [Int]
    /// Multiplies the learning rate.
    package let learningRateScale: Float

    /// Creates a description.
    package init(
        name: String, role: Parameter.Role, shape: [Int], learningRateScale: Float = 1
    ) {
        self.name = name
        self.role = role
        self.shape = shape
        self.learningRateScale = learningRateScale
    }
}

/// The weights that a training step computes with: a mean and, for probabilistic models, a
/// variance each.
package struct PreparedWeights: Sendable {
    /// Means, or the weights themselves; shape of the weights.
    package let mean: FloatView
    /// Variances; `nil` where a step's weights are fixed.
    package let variance: FloatView?

    /// Creates prepared weights.
    package init(mean: FloatView, variance: FloatView?) {
        self.mean = mean
        self.variance = variance
    }
}

/// Where initial values come from.
package enum WeightInitialization: Sendable {
    /// From nothing, with keyed random numbers.
    case cold(NoiseKey, ColdStart)
    /// From the weights of a full-precision network.
    case pretrained(FloatView, LogitRange)
}

/// The distance of initial logits from a tie, where they come from real weights.
package struct LogitRange: Sendable {
    /// p_min and p_max of equation 6, which also limit all initial probabilities.
    package var probabilities: ClosedRange<Float>
    /// The factor of initial logits; 1 in the paper.
    package var sharpness: Float

    /// Creates a range; by default the paper's.
    package init(_ probabilities: ClosedRange<Float> = 0.05...0.95, sharpness: Float = 1) {
        self.probabilities = probabilities
        self.sharpness = sharpness
    }

    /// p_max - |w| (p_max - p_min): p(0) of a weight w, in standard deviations.
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

/// How logits start where there is no full-precision network to start from.
package enum ColdStart: String, Sendable, CaseIterable {
    /// p(0) uniform in 0.45 ... 0.55 and a random, nearly certain sign (the authors' MNIST and
    /// ResNet code).
    case randomSigns = "random-signs"
    /// p(0) = 1/3 and both signs equally likely (the authors' CIFAR code).
    case balanced
}

/// Test-time weights: small integers, and the scales that they are multiplied by.
package struct TestWeights: Sendable {
    /// The scale of all weights (one value), of each output (as many), or none (empty).
    package let scale: [Float]
    /// The scale of negative weights where it is another one than that of positive ones; one value,
    /// or none.
    package let negativeScale: [Float]
    /// Whether the weights before scaling are integers.
    package let isDiscrete: Bool

    /// Creates a description of test-time weights.
    package init(scale: [Float] = [], negativeScale: [Float] = [], isDiscrete: Bool) {
        self.scale = scale
        self.negativeScale = negativeScale
        self.isDiscrete = isDiscrete
    }
}

/// What a step's weights are made from beside the learned tensors, and pulled back with.
package struct WeightStep: Sendable {
    /// The shape of the layer's weights.
    package let shape: WeightShape
    /// Names what is drawn once a step; the same on all ranks.
    package let key: NoiseKey
    /// Values of the whole layer at the step's start, as ``NeedsWholeLayer/statistics(_:shape:)`` found
    /// them: thresholds, scales. For score functions, the coefficient of each draw.
    package var statistics: [Float]

    /// Creates a step.
    package init(shape: WeightShape, key: NoiseKey, statistics: [Float] = []) {
        self.shape = shape
        self.key = key
        self.statistics = statistics
    }
}

/// Where the gradients of learned tensors come from.
package enum GradientRule: Sendable, Equatable {
    /// They are those of the loss under the step's noise.
    case exact
    /// That of the weights in use stands in for that of latent weights.
    case straightThrough
    /// The losses of so many draws, and the scores of these; none of the weights.
    case scoreFunction(draws: Int)
    /// Backpropagation of means alone, as if variances were constant.
    case expectation
}

/// A training method: how learned tensors become weights, and gradients of weights become
/// gradients of learned tensors.
///
/// A model is a value without state. Tensors come in the order of ``latents(for:)``. What a step's
/// gradient knows is the derivative of the loss with respect to the mean and, if the model is
/// probabilistic, the variance of each weight; ``pullBack(_:first:step:gradient:into:)`` turns
/// these sums over the whole batch into gradients of the learned tensors. Learned tensors that are not
/// of the weights' shape (scales) come after the others. What only some methods have is in protocols of its own:
/// ``NeedsWholeLayer``, ``LearnsScales``, ``LearnsFromLosses``, ``HasRegularizer``, ``HasConstraint``,
/// ``StandardizesPreActivations``, ``DependsOnPosition`` and ``HasDistributions``.
package protocol WeightModel: Sendable {
    /// Whether a step's weights have a variance.
    var isProbabilistic: Bool { get }

    /// Whether finished weights are drawn at random, so that there is more than one network.
    var isDrawn: Bool { get }

    /// Whether training leaves the learned tensors as they start; not by default.
    var isFrozen: Bool { get }

    /// The number of values that a finished network's weights have before scaling; `nil` for real
    /// numbers.
    var levels: Int? { get }

    /// Where gradients come from; exact by default.
    var gradientRule: GradientRule { get }

    /// The order of the layers around the network's products; rectified by default.
    var activations: ActivationStyle { get }

    /// The learned tensors of a layer.
    func latents(for shape: WeightShape) -> [LatentTensor]

    /// Sets the initial values.
    func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization)

    /// Makes the weights of a step.
    func prepare(
        _ latents: [FloatView], step: WeightStep, into weights: PreparedWeights, pool: ThreadPool)

    /// Computes the learned tensors' gradients of a run of weights; those of scales are
    /// ``LearnsScales/scaleGradient(_:step:gradient:into:)``'s.
    ///
    /// - Parameters:
    ///   - latents: The values of these weights alone, as all views here; then whole scales.
    ///   - first: The position of the first of them in the layer, a multiple of 64.
    ///   - step: As given to ``prepare(_:step:into:pool:)``.
    ///   - gradient: dL/d mean and dL/d variance; empty for score functions.
    ///   - latentGradients: Overwritten; one a tensor of the weights' shape.
    func pullBack(
        _ latents: [FloatView], first: Int, step: WeightStep, gradient: PreparedWeights,
        into latentGradients: [FloatView])

    /// Makes the weights that a finished network has.
    ///
    /// - Parameter weights: Overwritten with the weights before scaling.
    func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights
}

extension WeightModel {
    /// Training moves the learned tensors.
    package var isFrozen: Bool { false }

    /// The gradient of the loss under the step's noise.
    package var gradientRule: GradientRule { .exact }

    /// Product, batch norm, ReLU, pooling.
    package var activations: ActivationStyle { .rectified }

    /// Values that one thread handles at a time.
    var grain: Int { 1 << 15 }

    /// Whether a step's gradient knows dL/d variance of each weight.
    var hasVarianceGradient: Bool { isProbabilistic && gradientRule != .expectation }

    /// Whether a step's gradient knows anything of the weights.
    var hasWeightGradient: Bool {
        if case .scoreFunction = gradientRule { false } else { true }
    }
}
