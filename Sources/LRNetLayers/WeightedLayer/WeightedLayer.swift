package import LRNetKernels
internal import LRNetSupport

/// A convolution or fully connected layer, with weights of any model.
///
///     mean[r, o]     = sum over k of x[r, k]   * m[k, o]
///     variance[r, o] = sum over k of x[r, k]^2 * v[k, o]
///     z[r, o]        = mean[r, o] + sqrt(variance[r, o] + floor) * e[r, o] + bias[o]
///
/// The rows `x` are the patches of the input (`im2col`); for a fully connected layer they are the
/// input itself. `m` and `v` come from the model. `e` is standard normal, with a separate number
/// for every sample, pixel and channel. Models without variances omit the second term of `z`.
///
/// Products are computed over panels of whole samples, directly or by Winograd's algorithm. The
/// geometry, the number of outputs and the initializer's `algorithm` decide which.
///
/// - Source: Shayer, Levi, Fetaya, ICLR 2018, Algorithm 1 and equation 5.
package final class WeightedLayer: Layer {
    package let name: String

    /// The position in the network; part of the noise key.
    package let index: Int

    package let inputShape: ImageShape
    package let outputShape: ImageShape

    /// The positions of the patches in the input.
    package let geometry: PatchGeometry

    package let shape: WeightShape
    package let model: any WeightModel

    /// The learned tensors, in the model's order.
    package let latents: [Parameter]

    /// The bias, with one value per output; `nil` if the layer has none.
    package let bias: Parameter?

    /// True if the backward pass must compute the gradient of the input; usually not required in
    /// the first layer.
    package var needsInputGradient = true

    /// The strength of the model's regularizer.
    package var beta: Float = 0

    /// The strength of weight decay, for models that add it themselves instead of the optimizer.
    package var weightDecay: Float = 0

    /// The limit of logits: after each update they are clamped to `-logitClip ... logitClip`, which
    /// also limits probabilities. `nil` for no limit. 4.6 (0.01 to 0.99) in the authors' binary
    /// ResNet-18; not in the paper.
    package var logitClip: Float?

    /// A constant that is added to every variance before the square root, so that the standard
    /// deviation is at least 0.032 (the authors' code; not in the paper).
    package static let varianceFloor: Float = 1e-3

    /// The monitor that records the smallest variance of a pre-activation in forward passes; `nil`
    /// for none.
    package var varianceMonitor: VarianceMonitor?

    /// The coefficient of each draw of a step, for models that use losses and scores.
    package var scoreCoefficients: [Float] = []

    /// The exchanges of a training step; valid after memory was reserved.
    package private(set) var exchange = LayerExchange()

    /// The learned tensors that have the shape of the weights; the others are scales.
    let weightLatents: [Parameter]
    let parts: WeightModelParts
    let scales: [Parameter]
    /// The positions of gradients in the layer's range.
    let gradientLayout: GradientLayout
    /// The layer's range of the gradient vector.
    private(set) var gradientRange = 0..<0
    private(set) var memory = ScratchMemory(workerCount: 1)
    /// Values of the whole layer that the model computed at the start of the step.
    private var statistics: [Float] = []
    private let mean: FloatBuffer
    private let variance: FloatBuffer?
    private let products: any LayerProducts
    private let varianceFormat: ProductFormat
    /// The maximum number of samples in one call of ``products``.
    private var panelSize = 1
    /// The maximum number of samples in one call for outputs or input gradients, of any leaves;
    /// `nil` if calls end with leaves.
    private var spanSize: Int?
    /// The computation of the weights' gradient over the whole batch; `nil` if it is a sum over
    /// leaves.
    private var wholeBatch: WholeBatchGradient?
    /// The bias of a finished network while it is evaluated.
    private var fixedBias: FloatView?
    private var preActivations: PreActivations
    private var input: FloatView?

    /// The input of the last forward pass, for inspection; overwritten by the next one.
    package var lastInput: FloatView? { input }

    /// Creates a layer with weights of zero.
    ///
    /// - Parameters:
    ///   - outputs: The number of output channels.
    ///   - varianceFormat: The number format of the products of variances, for models that draw
    ///     their pre-activations. Others use Float32.
    package init(
        name: String, index: Int, inputShape: ImageShape, geometry: PatchGeometry, outputs: Int,
        model: any WeightModel, hasBias: Bool = false,
        algorithm: ConvolutionAlgorithm = .fastest, varianceFormat: ProductFormat = .float32
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
        self.varianceFormat = model.drawsPreActivations ? varianceFormat : .float32
        products =
            algorithm == .fastest && WinogradProducts.serves(geometry, outputs: outputs)
            ? WinogradProducts(
                geometry: geometry, shape: shape, hasVariance: model.isProbabilistic,
                varianceFormat: self.varianceFormat)
            : DirectProducts(
                geometry: geometry, shape: shape, hasVariance: model.isProbabilistic,
                varianceFormat: self.varianceFormat)
        preActivations = PreActivations(shape: outputShape, model: model, sampleCount: 0)
    }

    package var parameters: [Parameter] { latents + (bias.map { [$0] } ?? []) }

    /// One value per mean, variance, scale and bias; 0 if nothing is learned.
    package var gradientCount: Int { gradientLayout.count }

    /// All values, or 0 if the gradient is computed over the whole batch.
    package var leafGradientCount: Int { wholeBatch == nil ? gradientCount : 0 }

    package func assignGradients(_ range: Range<Int>) {
        precondition(range.count == gradientCount, "\(range.count) of \(gradientCount) values")
        gradientRange = range
    }

    package var inputGradientBuffer: InputGradientBuffer { needsInputGradient ? .another : .empty }
    package var inference: InferenceStep? { .product(self) }

    /// Sets the initial weights; the bias stays 0.
    package func initialize(from source: WeightInitialization) {
        model.initialize(latents.map(\.value), shape: shape, from: source)
    }

    /// Allocates activations, requests memory for the products, and determines the exchanges.
    package func reserve(_ size: PassSize, memory: ScratchMemory) {
        self.memory = memory
        preActivations = PreActivations(
            shape: outputShape, model: model, sampleCount: size.sampleCount)
        panelSize = products.panelSize(microBatch: size.microBatch)
        spanSize = products.spanSize(size, threads: memory.workerCount)
        products.reserve(
            panelSize: max(panelSize, spanSize ?? 0), needsInputGradient: needsInputGradient,
            memory: memory)
        wholeBatch = WholeBatchGradient(
            shape: shape, geometry: geometry, layout: gradientLayout, size: size, memory: memory,
            varianceFormat: varianceFormat)
        let unit = model.isFrozen ? nil : wholeBatch?.unit ?? LayerUpdate.unit(of: shape)
        for latent in weightLatents { latent.shareUnit = unit }
        memory.need(weights: 0, scratch: LayerUpdate.scratchCount(tensors: weightLatents.count))
        exchange = LayerExchange(
            layer: index, shape: shape, layout: gradientLayout, range: gradientRange,
            usesWholeBatch: wholeBatch != nil, latents: weightLatents)
    }

    /// The unit in which the weights are divided among processes; `nil` if they are not.
    var shareUnit: Int? { weightLatents.first?.shareUnit }

    /// Returns the values from which the weights of a step are computed, with the key of the step's
    /// draws.
    func weightStep(_ pass: Pass) -> WeightStep {
        let key = NoiseKey(
            seed: pass.seed, purpose: .trainingWeights, step: UInt32(pass.step),
            layer: UInt16(index), index: UInt32(pass.draw))
        return WeightStep(
            shape: shape, key: key,
            statistics: model.hasWeightGradient ? statistics : scoreCoefficients)
    }

    // MARK: Passes

    /// Computes the weights or moments of the step.
    package func prepare(_ pass: Pass) {
        let values = latents.map(\.value)
        statistics = parts.wholeLayer?.statistics(values, shape: shape) ?? []
        model.prepare(
            values, step: weightStep(pass),
            into: PreparedWeights(mean: mean.all, variance: variance?.all), pool: pass.pool)
    }

    /// Computes `z`; in training, uses variances if the model has them.
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
        pass.forEachPanel(panelSize, span: spanSize) { panel, worker in
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
                preActivations.standardize(panel, offset: standardizing.varianceOffset(shape))
            }
        }
        return preActivations.values(0..<pass.layout.sampleCount)
    }

    /// Computes the leaves' gradients of the moments, and the gradient of the input.
    ///
    ///     dM = G        dV = G * e / (2 sqrt(V + floor))
    ///     dm = x' dM    dv = (x^2)' dV
    ///     dx = dM m' + 2 x * (dV v')          summed over the patches that contain a value
    package func backward(_ gradient: FloatView, _ pass: Pass) throws -> FloatView {
        guard let input, let gradients = pass.gradients else {
            preconditionFailure("\(name): backward without forward or without gradients")
        }
        if model.isFrozen { return makeInputGradient(input, gradient, pass) }
        computeGradients(input, gradient, gradients, pass)
        if wholeBatch == nil { gradients.combine(layer: gradientRange, pool: pass.pool) }
        let momentGradients = preActivations.momentGradients(
            0..<pass.layout.sampleCount, gradient)
        try gradients.begin(exchange.backward, pass.layout) { rows in
            rows == .varianceGradient ? momentGradients.variance : momentGradients.mean
        }
        let inputGradient = makeInputGradient(input, gradient, pass)
        try wholeBatch?.compute(gradients, range: gradientRange, layer: index, pool: pass.pool)
        return inputGradient
    }

    /// Computes dL/dx; the result is empty if no layer needs it.
    private func makeInputGradient(
        _ input: FloatView, _ gradient: FloatView, _ pass: Pass
    ) -> FloatView {
        guard needsInputGradient else { return memory.gradient(0) }
        let result = memory.gradient(pass.layout.sampleCount * inputShape.count)
        products.packBackward(
            PreparedWeights(
                mean: mean.all, variance: model.hasVarianceGradient ? variance?.all : nil),
            pool: pass.pool)
        pass.forEachPanel(panelSize, span: spanSize) { panel, worker in
            let images = panel.scaled(by: inputShape.count)
            products.inputGradient(
                input[images], gradient: preActivations.momentGradients(panel, gradient),
                into: result[images], worker: worker)
        }
        return result
    }

    /// Computes dM and dV of all samples, and unless the whole batch is one product, the gradients
    /// of the leaves.
    private func computeGradients(
        _ input: FloatView, _ gradient: FloatView, _ gradients: GradientStore, _ pass: Pass
    ) {
        let leaves = pass.layout.leaves
        let partCount = pass.division.partCount
        if partCount > 1 {
            // The parts of a leaf divide its outputs, and each output needs all samples.
            pass.forEachPart { _, samples in
                _ = preActivations.computeMomentGradients(samples, gradient)
            }
        }
        if partCount > 1 && wholeBatch != nil { return }
        pass.pool.forEach(leaves.count * partCount) { index, worker in
            let (leaf, part) = (index / partCount, index % partCount)
            let leafGradients =
                partCount > 1
                ? preActivations.momentGradients(leaves[leaf], gradient)
                : preActivations.computeMomentGradients(leaves[leaf], gradient)
            guard wholeBatch == nil else { return }
            let target = gradients.view(leaf: leaf, layer: gradientRange)
            weightGradient(
                leaves[leaf], input: input, momentGradients: leafGradients, into: target,
                panels: pass.division.part(part, of: products.gradientPanelCount), worker: worker)
            if partCount == 1 { scaleGradient(target, pass) }
        }
        guard partCount > 1, parts.scales != nil else { return }
        pass.pool.forEach(leaves.count) { leaf, _ in
            scaleGradient(gradients.view(leaf: leaf, layer: gradientRange), pass)
        }
    }

    /// Computes the gradients of some panels of outputs over a leaf, and with the first panel the
    /// gradient of the bias.
    private func weightGradient(
        _ samples: Range<Int>, input: FloatView, momentGradients: MomentViews,
        into target: FloatView, panels: Range<Int>, worker: Int
    ) {
        let layout = gradientLayout
        if !layout.means.isEmpty {
            products.weightGradient(
                input[samples.scaled(by: inputShape.count)], gradient: momentGradients,
                into: layout.moments(of: target), panelSize: panelSize, panels: panels,
                worker: worker)
        }
        if let bias = layout.bias, panels.contains(0) {
            Elementwise.sumRows(of: momentGradients.mean, into: target[bias], accumulate: false)
        }
    }

    /// Computes the gradient of the scales of a leaf from those of its moments.
    private func scaleGradient(_ target: FloatView, _ pass: Pass) {
        let layout = gradientLayout
        guard let scales = parts.scales, !layout.means.isEmpty else { return }
        let moments = layout.moments(of: target)
        scales.scaleGradient(
            latents.map(\.value), step: weightStep(pass),
            gradient: PreparedWeights(mean: moments.mean, variance: moments.variance),
            into: target[layout.allScales])
    }

    // MARK: Update

    /// Returns true if this process's share of the sums is finite.
    package func hasFiniteGradients(_ pass: Pass) -> Bool { update(pass)?.isFinite ?? true }

    /// Updates this process's share of the latents, the scales and the bias.
    package func update(_ pass: Pass, by optimizer: any ParameterOptimizer) throws {
        if model.isFrozen { return }
        guard let gradients = pass.gradients else {
            preconditionFailure("\(name): update without gradients")
        }
        LayerUpdate(of: self, gradients, pass).apply(by: optimizer)
        try gradients.begin(exchange.update, pass.layout)
    }

    /// Computes the complete gradients of the parameters from the sums of all weights.
    package func finishGradients(_ pass: Pass) { update(pass)?.finishGradients() }

    /// Returns the update of the step; `nil` if nothing is learned, or outside training.
    private func update(_ pass: Pass) -> LayerUpdate? {
        guard !model.isFrozen, let gradients = pass.gradients else { return nil }
        return LayerUpdate(of: self, gradients, pass)
    }

    package func didUpdate() {
        parts.constraint?.didUpdate(latents.map(\.value), shape: shape)
    }

    // MARK: Fixed weights

    /// Returns the weights of a finished network.
    ///
    /// - Parameter selection: The way in which weights are chosen from their distributions.
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

    /// Uses the given weights until the next ``prepare(_:)``, and their bias until
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
