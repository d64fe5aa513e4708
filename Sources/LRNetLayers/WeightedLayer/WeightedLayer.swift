public import LRNetKernels
internal import LRNetSupport

/// A convolution or a fully connected layer, with weights of any model.
///
///     mean[r, o]     = sum over k of x[r, k]   * m[k, o]
///     variance[r, o] = sum over k of x[r, k]^2 * v[k, o]
///     z[r, o]        = mean[r, o] + sqrt(variance[r, o] + floor) * e[r, o] + bias[o]
///
/// where the rows `x` are the patches of the input (`im2col`; the input itself for a fully
/// connected layer), `m` and `v` come from the model, and `e` is standard normal, its own number
/// for every sample, pixel and channel. Models without variances leave out the second term.
///
/// Products are taken over panels of whole samples, directly or by Winograd's algorithm, as the
/// geometry alone decides.
///
/// - Source: Shayer, Levi, Fetaya, ICLR 2018, Algorithm 1 and equation 5.
public final class WeightedLayer: Layer {
    /// `conv1`; unique in the network.
    public let name: String

    /// The position in the network; part of the noise's key.
    public let index: Int

    /// The shape of one sample.
    public let inputShape: ImageShape

    /// The shape of one sample's output.
    public let outputShape: ImageShape

    /// How outputs see the input.
    public let geometry: PatchGeometry

    /// The shape of the weights.
    public let shape: WeightShape

    /// The training method.
    public let model: any WeightModel

    /// The learned tensors of the weights, in the model's order.
    public let latents: [Parameter]

    /// The bias of each output, if the layer has one.
    public let bias: Parameter?

    /// Whether the layer before wants a gradient; the first layer's input does not.
    public var needsInputGradient = true

    /// The strength of the model's own regulariser.
    public var beta: Float = 0

    /// Logits are limited to `-logitClip ... logitClip` after each update, that is probabilities to
    /// those of the limits; `nil` for no limit. 4.6 (0.01 to 0.99) in the authors' binary ResNet-18;
    /// not in the paper.
    public var logitClip: Float?

    /// Added to every variance before the root, so that the deviation is at least 0.032 (the
    /// authors' code; not in the paper).
    public static let varianceFloor: Float = 1e-3

    /// Where forward passes note the smallest variance of a pre-activation; `nil` for not at all.
    public var varianceMonitor: VarianceMonitor?

    /// Of a step, for models that take losses and scores: the coefficient of each draw.
    public var scoreCoefficients: [Float] = []

    /// What the model found in the whole layer at the start of the step.
    private var statistics: [Float] = []
    /// The learned tensors of the weights' shape; the others are scales.
    let weightLatents: [Parameter]
    let parts: WeightModelParts
    let scales: [Parameter]
    let mean: FloatBuffer
    let variance: FloatBuffer?
    let products: any LayerProducts
    /// The most samples of one call of ``products``.
    var panelSize = 1
    /// Whether the weights' gradient is one product over the whole batch, shared out over processes,
    /// instead of a sum over leaves.
    var usesWholeBatch = false
    var gradientRange = 0..<0
    /// The bias of a finished network, while one is evaluated.
    var fixedBias: FloatView?
    var output = FloatBuffer(count: 0)
    /// Variances, then the sensitivities of `z` to them, then dL/d variance.
    var sensitivity = FloatBuffer(count: 0)
    var memory = SharedMemory(workerCount: 1)
    /// The input of the last forward pass.
    var input: FloatView?

    /// The input of the last forward pass, for inspection; overwritten by the next one.
    package var lastInput: FloatView? { input }

    /// The smallest variance that any thread has seen.
    public final class VarianceMonitor {
        var smallest: [Float]

        /// Creates a monitor for as many threads.
        public init(workerCount: Int) {
            smallest = Array(repeating: .infinity, count: workerCount)
        }

        /// The smallest variance, before clamp and floor.
        public var value: Float { smallest.min() ?? .infinity }
    }

    /// Creates a layer with weights of zero.
    ///
    /// - Parameter outputs: The number of output channels.
    public init(
        name: String, index: Int, inputShape: ImageShape, geometry: PatchGeometry, outputs: Int,
        model: any WeightModel, hasBias: Bool = false,
        algorithm: ConvolutionAlgorithm = .fastest
    ) {
        precondition(
            geometry.input.count == inputShape.count,
            "\(name): geometry of \(geometry.input) for \(inputShape)")
        precondition(!(model.isFrozen && hasBias), "\(name): frozen, with a bias")
        self.name = name
        self.index = index
        self.inputShape = inputShape
        self.geometry = geometry
        self.model = model
        parts = WeightModelParts(model)
        outputShape = ImageShape(
            height: geometry.outputHeight, width: geometry.outputWidth, channels: outputs)
        shape = WeightShape(
            window: geometry.window, inputs: geometry.input.channels, outputs: outputs)
        latents = model.latents(for: shape).map {
            Parameter(
                name: "\(name).\($0.name)", shape: $0.shape, role: $0.role,
                learningRateScale: $0.learningRateScale)
        }
        weightLatents = latents.filter { $0.role != .scale }
        scales = latents.filter { $0.role == .scale }
        bias = hasBias ? Parameter(name: "\(name).bias", shape: [outputs], role: .offset) : nil
        mean = FloatBuffer(count: shape.count)
        variance = model.isProbabilistic ? FloatBuffer(count: shape.count) : nil
        products =
            algorithm == .fastest && WinogradProducts.serves(geometry, outputs: outputs)
            ? WinogradProducts(
                geometry: geometry, shape: shape, hasVariance: model.isProbabilistic)
            : DirectProducts(
                geometry: geometry, shape: shape, hasVariance: model.isProbabilistic)
    }

    /// The latents, then the bias.
    public var parameters: [Parameter] { latents + (bias.map { [$0] } ?? []) }

    /// One value a mean, one a variance, one a scale, one a bias; none where nothing is learnt.
    public var gradientCount: Int {
        if model.isFrozen { return 0 }
        return shape.count * (model.hasWeightGradient ? model.hasVarianceGradient ? 2 : 1 : 0)
            + scaleCount + (bias?.value.count ?? 0)
    }

    /// The number of values of all scales.
    var scaleCount: Int { scales.map(\.value.count).reduce(0, +) }

    /// All but those that come from the whole batch.
    public var leafGradientCount: Int { usesWholeBatch ? 0 : gradientCount }

    /// Tells the layer its range of the gradient vector.
    public func assignGradients(_ range: Range<Int>) {
        precondition(range.count == gradientCount, "\(range.count) of \(gradientCount) values")
        gradientRange = range
    }

    /// A buffer of its own, if the layer before wants a gradient.
    public var inputGradientBuffer: InputGradientBuffer { needsInputGradient ? .another : .empty }

    /// The sums of products, with the scales and the bias.
    public var inference: InferenceStep? { .product(self) }

    /// Sets the initial weights; the bias stays 0.
    public func initialize(from source: WeightInitialization) {
        model.initialize(latents.map(\.value), shape: shape, from: source)
    }

    /// Allocates activations, and asks for the memory of the products.
    public func reserve(_ size: PassSize, memory: SharedMemory) {
        self.memory = memory
        output = FloatBuffer(count: size.sampleCount * outputShape.count)
        sensitivity = FloatBuffer(
            count: model.isProbabilistic ? size.sampleCount * outputShape.count : 0)
        panelSize = products.panelSize(microBatch: size.microBatch)
        products.reserve(
            panelSize: panelSize, needsInputGradient: needsInputGradient, memory: memory)
        reserveWholeBatch(size)
        reserveUpdate()
    }

    /// What the step's weights are made from, with the key of what is drawn once a step.
    func weightStep(_ pass: Pass) -> WeightStep {
        let key = NoiseKey(
            seed: pass.seed, purpose: .trainingWeights, step: UInt32(pass.step),
            layer: UInt16(index), index: UInt32(pass.draw))
        return WeightStep(
            shape: shape, key: key,
            statistics: model.hasWeightGradient ? statistics : scoreCoefficients)
    }

    /// Whether the layer divides pre-activations by their deviation instead of drawing them.
    var isStandardized: Bool { parts.standardizing != nil }

    /// The weights that passes compute with.
    var prepared: PreparedWeights { PreparedWeights(mean: mean.all, variance: variance?.all) }

    /// Makes the step's weights or moments.
    public func prepare(_ pass: Pass) {
        let values = latents.map(\.value)
        statistics = parts.wholeLayer?.statistics(values, shape: shape) ?? []
        model.prepare(values, step: weightStep(pass), into: prepared, pool: pass.pool)
    }

    /// Lets the model clip.
    public func didUpdate() {
        parts.constraint?.didUpdate(latents.map(\.value), shape: shape)
    }

    // MARK: Fixed weights

    /// The weights of a finished network.
    ///
    /// - Parameter selection: How weights are taken from their distributions.
    package func finished(_ selection: WeightDraws.Selection) -> FinishedWeights {
        let weights = FloatBuffer(count: shape.count).all
        let test = model.testWeights(
            latents.map(\.value), shape: shape, selection: selection, into: weights)
        let values = weights.values
        let integers = test.isDiscrete ? values.compactMap { Int8(exactly: $0) } : []
        precondition(
            !test.isDiscrete || integers.count == values.count,
            "\(name): \(values.count - integers.count) weights are not integers")
        return FinishedWeights(
            name: name, shape: shape,
            values: test.isDiscrete ? .integers(integers) : .reals(values),
            scale: test.scale, negativeScale: test.negativeScale, bias: bias?.value.values)
    }

    /// Computes with given weights until the next ``prepare(_:)``, and with their bias until
    /// ``stopUsingFinished()``.
    package func use(_ finished: FinishedWeights) {
        precondition(
            finished.shape == shape && (finished.bias == nil) == (bias == nil),
            "\(name): finished weights of shape \(finished.shape.sizes) for \(shape.sizes)")
        finished.expand(into: mean.all)
        fixedBias = finished.bias.map { FloatBuffer($0).all }
    }

    package func stopUsingFinished() { fixedBias = nil }
}
