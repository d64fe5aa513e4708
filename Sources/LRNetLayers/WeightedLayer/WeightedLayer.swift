package import LRNetKernels
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
package final class WeightedLayer: Layer {
    /// `conv1`; unique in the network.
    package let name: String

    /// The position in the network; part of the noise's key.
    package let index: Int

    /// The shape of one sample.
    package let inputShape: ImageShape

    /// The shape of one sample's output.
    package let outputShape: ImageShape

    /// How outputs see the input.
    package let geometry: PatchGeometry

    /// The shape of the weights.
    package let shape: WeightShape

    /// The training method.
    package let model: any WeightModel

    /// The learned tensors of the weights, in the model's order.
    package let latents: [Parameter]

    /// The bias of each output, if the layer has one.
    package let bias: Parameter?

    /// The layer before wants a gradient; the first layer's input does not.
    package var needsInputGradient = true

    /// The strength of the model's own regulariser.
    package var beta: Float = 0

    /// The strength of weight decay where the model adds it itself; elsewhere the optimizer does.
    package var weightDecay: Float = 0

    /// Logits are limited to `-logitClip ... logitClip` after each update, that is probabilities to
    /// those of the limits; `nil` for no limit. 4.6 (0.01 to 0.99) in the authors' binary ResNet-18;
    /// not in the paper.
    package var logitClip: Float?

    /// Added to every variance before the root, so that the deviation is at least 0.032 (the
    /// authors' code; not in the paper).
    package static let varianceFloor: Float = 1e-3

    /// Where forward passes note the smallest variance of a pre-activation; `nil` for not at all.
    package var varianceMonitor: VarianceMonitor?

    /// Of a step, for models that take losses and scores: the coefficient of each draw.
    package var scoreCoefficients: [Float] = []

    /// The exchanges of a training step; after memory was reserved.
    package private(set) var exchange = LayerExchange()

    /// The learned tensors of the weights' shape; the others are scales.
    let weightLatents: [Parameter]
    let parts: WeightModelParts
    let scales: [Parameter]
    /// Where gradients lie in the layer's range.
    let gradientLayout: GradientLayout
    /// The layer's range of the gradient vector.
    private(set) var gradientRange = 0..<0
    private(set) var memory = ScratchMemory(workerCount: 1)
    /// Values of the whole layer that the model found at the start of the step.
    private var statistics: [Float] = []
    private let mean: FloatBuffer
    private let variance: FloatBuffer?
    private let products: any LayerProducts
    /// The most samples of one call of ``products``.
    private var panelSize = 1
    /// Computes the weights' gradient over the whole batch; `nil` where it is a sum over leaves.
    private var wholeBatch: WholeBatchGradient?
    /// The bias of a finished network, while one is evaluated.
    private var fixedBias: FloatView?
    private var preActivations: PreActivations
    /// The input of the last forward pass.
    private var input: FloatView?

    /// The input of the last forward pass, for inspection; overwritten by the next one.
    package var lastInput: FloatView? { input }

    /// Creates a layer with weights of zero.
    ///
    /// - Parameter outputs: The number of output channels.
    package init(
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
        gradientLayout = GradientLayout(
            model: model, shape: shape, scales: scales.map(\.value.count), bias: bias?.value.count)
        mean = FloatBuffer(count: shape.count)
        variance = model.isProbabilistic ? FloatBuffer(count: shape.count) : nil
        products =
            algorithm == .fastest && WinogradProducts.serves(geometry, outputs: outputs)
            ? WinogradProducts(
                geometry: geometry, shape: shape, hasVariance: model.isProbabilistic)
            : DirectProducts(
                geometry: geometry, shape: shape, hasVariance: model.isProbabilistic)
        preActivations = PreActivations(shape: outputShape, model: model, sampleCount: 0)
    }

    /// The latents, then the bias.
    package var parameters: [Parameter] { latents + (bias.map { [$0] } ?? []) }

    /// One value a mean, one a variance, one a scale, one a bias; none where nothing is learnt.
    package var gradientCount: Int { gradientLayout.count }

    /// All but those that come from the whole batch.
    package var leafGradientCount: Int { wholeBatch == nil ? gradientCount : 0 }

    /// Tells the layer its range of the gradient vector.
    package func assignGradients(_ range: Range<Int>) {
        precondition(range.count == gradientCount, "\(range.count) of \(gradientCount) values")
        gradientRange = range
    }

    /// A buffer of its own, if the layer before wants a gradient.
    package var inputGradientBuffer: InputGradientBuffer { needsInputGradient ? .another : .empty }

    /// The sums of products, with the scales and the bias.
    package var inference: InferenceStep? { .product(self) }

    /// Sets the initial weights; the bias stays 0.
    package func initialize(from source: WeightInitialization) {
        model.initialize(latents.map(\.value), shape: shape, from: source)
    }

    /// Allocates activations, asks for the memory of the products, and decides what is exchanged.
    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        self.memory = memory
        preActivations = PreActivations(
            shape: outputShape, model: model, sampleCount: size.sampleCount)
        panelSize = products.panelSize(microBatch: size.microBatch)
        products.reserve(
            panelSize: panelSize, needsInputGradient: needsInputGradient, memory: memory)
        wholeBatch = WholeBatchGradient(
            shape: shape, geometry: geometry, layout: gradientLayout, size: size, memory: memory)
        let unit = model.isFrozen ? nil : wholeBatch?.unit ?? LayerUpdate.unit(of: shape)
        for latent in weightLatents { latent.shareUnit = unit }
        memory.need(weights: 0, scratch: LayerUpdate.scratchCount(tensors: weightLatents.count))
        exchange = LayerExchange(
            layer: index, shape: shape, layout: gradientLayout, range: gradientRange,
            usesWholeBatch: wholeBatch != nil, latents: weightLatents)
    }

    /// The unit in which processes share out the weights.
    var shareUnit: Int? { weightLatents.first?.shareUnit }

    /// The values that the step's weights are made from, with the key of the step's draws.
    func weightStep(_ pass: Pass) -> WeightStep {
        let key = NoiseKey(
            seed: pass.seed, purpose: .trainingWeights, step: UInt32(pass.step),
            layer: UInt16(index), index: UInt32(pass.draw))
        return WeightStep(
            shape: shape, key: key,
            statistics: model.hasWeightGradient ? statistics : scoreCoefficients)
    }

    // MARK: Passes

    /// Makes the step's weights or moments.
    package func prepare(_ pass: Pass) {
        let values = latents.map(\.value)
        statistics = parts.wholeLayer?.statistics(values, shape: shape) ?? []
        model.prepare(
            values, step: weightStep(pass),
            into: PreparedWeights(mean: mean.all, variance: variance?.all), pool: pass.pool)
    }

    /// Computes `z`; in training with noise.
    package func forward(_ input: FloatView, _ pass: Pass) throws -> FloatView {
        self.input = input
        if let gradients = pass.gradients {
            try gradients.begin(exchange.forward, pass.layout) { _ in input }
        }
        let isNoisy = pass.mode == .training && model.isProbabilistic
        let bias = fixedBias ?? bias?.value
        products.packForward(
            PreparedWeights(mean: mean.all, variance: isNoisy ? variance?.all : nil),
            pool: pass.pool)
        pass.pool.forEach(pass.layout.leaves.count) { leaf, worker in
            for panel in pass.layout.panels(ofLeaf: leaf, panelSize: panelSize) {
                let result = preActivations.moments(panel, isNoisy: isNoisy)
                products.forward(
                    input[panel.scaled(by: inputShape.count)], into: result, worker: worker)
                if isNoisy {
                    preActivations.draw(panel, monitor: varianceMonitor, worker: worker) {
                        pass.key(.preActivation, layer: index, sample: $0)
                    }
                }
                if let bias { Elementwise.addRow(bias, toRowsOf: result.mean) }
                if isNoisy, let standardizing = parts.standardizing {
                    preActivations.standardize(
                        panel, offset: standardizing.varianceOffset(shape))
                }
            }
        }
        return preActivations.values(0..<pass.layout.sampleCount)
    }

    /// Computes the leaves' gradients of the moments, and the input's.
    ///
    ///     dM = G        dV = G * e / (2 sqrt(V + floor))
    ///     dm = x' dM    dv = (x^2)' dV
    ///     dx = dM m' + 2 x * (dV v')          summed over the patches that a value lies in
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        guard let input, let gradients = pass.gradients else {
            preconditionFailure("\(name): backward without forward or without gradients")
        }
        if model.isFrozen { return makeInputGradient(input, gradient, pass) }
        let leaves = pass.layout.leaves
        pass.pool.forEach(leaves.count) { leaf, worker in
            let slopes = preActivations.makeSlopes(leaves[leaf], gradient)
            guard wholeBatch == nil else { return }
            weightGradient(
                leaves[leaf], input: input, slopes: slopes,
                into: gradients.view(leaf: leaf, layer: gradientRange), worker: worker, pass)
        }
        if wholeBatch == nil { gradients.combine(layer: gradientRange, pool: pass.pool) }
        let slopes = preActivations.slopes(0..<pass.layout.sampleCount, gradient)
        try gradients.begin(exchange.backward, pass.layout) { rows in
            rows == .varianceGradient ? slopes.variance : slopes.mean
        }
        let inputGradient = makeInputGradient(input, gradient, pass)
        try wholeBatch?.make(gradients, range: gradientRange, layer: index, pool: pass.pool)
        return inputGradient
    }

    /// dL/dx, empty where nobody wants it.
    private func makeInputGradient(
        _ input: FloatView, _ gradient: FloatView, _ pass: Pass
    ) -> FloatView {
        guard needsInputGradient else { return memory.gradient(0) }
        let result = memory.gradient(pass.layout.sampleCount * inputShape.count)
        products.packBackward(
            PreparedWeights(
                mean: mean.all, variance: model.hasVarianceGradient ? variance?.all : nil),
            pool: pass.pool)
        pass.pool.forEach(pass.layout.leaves.count) { leaf, worker in
            for panel in pass.layout.panels(ofLeaf: leaf, panelSize: panelSize) {
                let images = panel.scaled(by: inputShape.count)
                products.inputGradient(
                    input[images], gradient: preActivations.slopes(panel, gradient),
                    into: result[images], worker: worker)
            }
        }
        return result
    }

    private func weightGradient(
        _ samples: Range<Int>, input: FloatView, slopes: MomentViews, into target: FloatView,
        worker: Int, _ pass: Pass
    ) {
        let layout = gradientLayout
        if !layout.means.isEmpty {
            let moments = layout.moments(of: target)
            products.weightGradient(
                input[samples.scaled(by: inputShape.count)], gradient: slopes, into: moments,
                panelSize: panelSize, worker: worker)
            if let scaled = parts.scales {
                scaled.scaleGradient(
                    latents.map(\.value), step: weightStep(pass),
                    gradient: PreparedWeights(mean: moments.mean, variance: moments.variance),
                    into: target[layout.allScales])
            }
        }
        if let bias = layout.bias {
            Elementwise.sumRows(of: slopes.mean, into: target[bias], accumulate: false)
        }
    }

    // MARK: Update

    /// True if this process's share of the sums is finite.
    package func hasFiniteGradients(_ pass: Pass) -> Bool { update(pass)?.isFinite ?? true }

    /// Updates this process's share of the latents, and the bias.
    package func update(_ pass: Pass, by optimizer: any ParameterOptimizer) throws {
        if model.isFrozen { return }
        guard let gradients = pass.gradients else {
            preconditionFailure("\(name): update without gradients")
        }
        LayerUpdate(of: self, gradients, pass).apply(by: optimizer)
        try gradients.begin(exchange.update, pass.layout)
    }

    /// Pulls the sums of all weights back, into the parameters' gradients.
    package func finishGradients(_ pass: Pass) { update(pass)?.finishGradients() }

    /// The step's update; `nil` where nothing is learnt, or outside training.
    private func update(_ pass: Pass) -> LayerUpdate? {
        guard !model.isFrozen, let gradients = pass.gradients else { return nil }
        return LayerUpdate(of: self, gradients, pass)
    }

    /// Lets the model clip.
    package func didUpdate() {
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
