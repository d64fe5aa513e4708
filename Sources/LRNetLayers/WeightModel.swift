public import LRNetKernels

/// The shape of a layer's weights, stored `[patch, outputs]` with the patch in the order
/// (row, column, input channel): HWIO.
public struct WeightShape: Sendable, Hashable {
    /// Rows and columns of the window; 1 for a fully connected layer.
    public let window: Int
    /// Input channels; all inputs of a fully connected layer.
    public let inputs: Int
    /// Output channels.
    public let outputs: Int

    /// Creates a shape.
    public init(window: Int, inputs: Int, outputs: Int) {
        self.window = window
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The number of weights of one output.
    public var fanIn: Int { window * window * inputs }

    /// The number of weights.
    public var count: Int { fanIn * outputs }

    /// The sizes, innermost last.
    public var sizes: [Int] { [window, window, inputs, outputs] }
}

/// A learned tensor behind a layer's weights.
public struct LatentTensor: Sendable {
    /// `zeroLogit`, `signLogit`, `weight`, ...
    public let name: String
    /// What the tensor is.
    public let role: Parameter.Role
    /// The sizes; the weights' own unless the tensor is something else, such as a scale.
    public let shape: [Int]
    /// Multiplies the learning rate.
    public let learningRateScale: Float

    /// Creates a description.
    public init(
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
public struct PreparedWeights: Sendable {
    /// Means, or the weights themselves; shape of the weights.
    public let mean: FloatView
    /// Variances; `nil` where a step's weights are fixed.
    public let variance: FloatView?

    /// Creates prepared weights.
    public init(mean: FloatView, variance: FloatView?) {
        self.mean = mean
        self.variance = variance
    }
}

/// Where initial values come from.
public enum WeightInitialization: Sendable {
    /// From nothing, with keyed random numbers.
    case cold(NoiseKey, ColdStart)
    /// From the weights of a full-precision network, with probabilities kept inside `limits`.
    case pretrained(FloatView, limits: ClosedRange<Float>)
}

/// How logits start where there is no full-precision network to start from.
public enum ColdStart: String, Sendable, CaseIterable {
    /// p(0) uniform in 0.45 ... 0.55 and a random, nearly certain sign (the authors' MNIST and
    /// ResNet code).
    case randomSigns = "random-signs"
    /// p(0) = 1/3 and both signs equally likely (the authors' CIFAR code).
    case balanced
}

/// Test-time weights: small integers, and the scales that they are multiplied by.
public struct TestWeights: Sendable {
    /// The scale of all weights (one value), of each output (as many), or none (empty).
    public let scale: [Float]
    /// Whether the weights before scaling are integers.
    public let isDiscrete: Bool

    /// Creates a description of test-time weights.
    public init(scale: [Float] = [], isDiscrete: Bool) {
        self.scale = scale
        self.isDiscrete = isDiscrete
    }
}

/// A training method: how learned tensors become weights, and gradients of weights become
/// gradients of learned tensors.
///
/// A model is a value without state. Tensors come in the order of ``latents(for:)``. What a step's
/// gradient knows is the derivative of the loss with respect to the mean and, if the model is
/// probabilistic, the variance of each weight; ``pullBack(_:first:key:gradient:into:)`` turns
/// these sums over the whole batch into gradients of the learned tensors.
public protocol WeightModel: Sendable {
    /// The name in recipes.
    var name: String { get }

    /// Whether a step's weights have a variance.
    var isProbabilistic: Bool { get }

    /// Whether finished weights are drawn at random, so that there is more than one network.
    var isDrawn: Bool { get }

    /// Whether training leaves the learned tensors as they start.
    var isFrozen: Bool { get }

    /// The learned tensors of a layer.
    func latents(for shape: WeightShape) -> [LatentTensor]

    /// Sets the initial values.
    func initialize(
        _ latents: [FloatView], shape: WeightShape, from source: WeightInitialization)

    /// Makes the weights of a step.
    ///
    /// - Parameter key: Names what is drawn once a step; the same on all ranks.
    func prepare(
        _ latents: [FloatView], shape: WeightShape, key: NoiseKey, into weights: PreparedWeights,
        pool: ThreadPool)

    /// Computes the learned tensors' gradients of a run of weights.
    ///
    /// - Parameters:
    ///   - latents: The learned tensors' values of these weights alone, as all views here.
    ///   - first: The position of the first of them in the layer, a multiple of 64.
    ///   - key: As given to ``prepare(_:shape:key:into:pool:)``.
    ///   - gradient: dL/d mean and dL/d variance.
    ///   - latentGradients: Overwritten.
    func pullBack(
        _ latents: [FloatView], first: Int, key: NoiseKey, gradient: PreparedWeights,
        into latentGradients: [FloatView])

    /// Adds the gradient of the model's own regulariser, `beta`, if it has one, of a run of weights.
    func addRegularization(beta: Float, _ latents: [FloatView], to latentGradients: [FloatView])

    /// Called after each update, to clip.
    func didUpdate(_ latents: [FloatView])

    /// Makes the weights that a finished network has.
    ///
    /// - Parameter weights: Overwritten with the weights before scaling.
    func testWeights(
        _ latents: [FloatView], shape: WeightShape, selection: WeightDraws.Selection,
        into weights: FloatView
    ) -> TestWeights

    /// The probabilities of 0 and +1 of each weight; `nil` for models without distributions.
    func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float])?
}

extension WeightModel {
    /// No.
    public var isFrozen: Bool { false }

    /// Does nothing.
    public func addRegularization(
        beta: Float, _ latents: [FloatView], to latentGradients: [FloatView]
    ) {}

    /// Does nothing.
    public func didUpdate(_ latents: [FloatView]) {}

    /// None.
    public func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float])? { nil }

    /// Values that one thread handles at a time.
    var grain: Int { 1 << 15 }
}
