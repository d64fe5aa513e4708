package import LRNetKernels

/// A network: its layers in order, and the operations on all of them.
package final class Network {
    /// Options for the construction of a network.
    package struct Options: Sendable {
        /// The training method; the architecture can exclude the first and the last layer.
        package var model: any WeightModel
        package var batchNorm = BatchNormalization.Options()
        package var convolutions = ConvolutionAlgorithm.fastest
        package var precision = ProductPrecision.float32
        /// The rate of dropout layers.
        package var dropout: Float = 0.5
        /// lambda of the probability decay of logits.
        package var probabilityDecay: Float = 0
        /// The strength of the beta regularizer of binary logits.
        package var beta: Float = 0
        /// The limit of logits: after each step they are clamped to `-logitClip ... logitClip`;
        /// `nil` for no limit.
        package var logitClip: Float?
        /// lambda of the weight decay of real weights, including those of the last layer.
        package var weightDecay: Float = 0

        /// Creates the options of a network without regularizers.
        package init(model: any WeightModel) { self.model = model }
    }

    package let architecture: Architecture

    /// The shape of one image.
    package let input: ImageShape

    package let classes: Int

    /// The stages that values pass through, from first to last.
    package let stages: [any Layer]

    /// All layers, including those inside residual blocks, in the order of checkpoints and hashes.
    package let layers: [any Layer]

    /// Each layer's range of the exchanged gradient vector, in the order of ``layers``.
    package let gradientRanges: [Range<Int>]

    /// Creates a network whose parameters are 0.
    package init(architecture: Architecture, classes: Int, options: Options) {
        self.architecture = architecture
        self.classes = classes
        input = architecture.input
        var builder = NetworkBuilder(architecture: architecture, options: options)
        stages = builder.build(classes: classes)
        layers = stages.flattened
        var position = 0
        gradientRanges = layers.map { layer in
            defer { position += layer.gradientCount }
            return position..<position + layer.gradientCount
        }
        for (layer, range) in zip(layers, gradientRanges) { layer.assignGradients(range) }
    }

    /// The layers with weights, including the last layer.
    package var weightedLayers: [WeightedLayer] { layers.compactMap { $0 as? WeightedLayer } }

    /// The number of weights that are small integers in a finished network.
    package var discreteWeightCount: Int {
        weightedLayers.filter { $0.model.levels != nil }.map(\.shape.count).reduce(0, +)
    }

    package var batchNorms: [BatchNormalization] {
        layers.compactMap { $0 as? BatchNormalization }
    }

    /// The learned tensors, in the order of checkpoints and hashes.
    package var parameters: [Parameter] { layers.flatMap(\.parameters) }

    /// The length of the exchanged gradient vector.
    package var gradientCount: Int { gradientRanges.last?.upperBound ?? 0 }

    /// The length of the longest range of the gradient vector that is a sum over leaves.
    package var largestGradientCount: Int { layers.map(\.leafGradientCount).max() ?? 0 }

    /// The exchanges of the layers in a training step, in the order of its backward pass; valid
    /// after memory was reserved.
    package var exchanges: [LayerExchange] {
        stages.inBackwardOrder.compactMap { ($0 as? WeightedLayer)?.exchange }
    }

    /// Allocates activations and scratch memory for at most `sampleCount` samples per pass, in
    /// micro-batches of `microBatch` samples.
    ///
    /// - Parameter globalCount: The number of samples of a whole batch over all processes, which
    ///   influences the way gradients are computed; `sampleCount` by default.
    package func reserve(
        sampleCount: Int, microBatch: Int, workerCount: Int, globalCount: Int? = nil
    ) {
        let size = PassSize(
            sampleCount: sampleCount, microBatch: microBatch,
            globalCount: globalCount ?? sampleCount)
        layers.reserve(size, workerCount: workerCount)
    }

    /// Sets initial values: cold, or from the weights of a full-precision network.
    ///
    /// Only weights of layers before the last one come from the source. Batch norm and the last
    /// layer start anew.
    ///
    /// - Parameters:
    ///   - source: Returns the source weights of a layer. `nil`, for the function or its result,
    ///     means a cold start.
    ///   - range: The distance of initial logits from a tie.
    /// - Throws: Errors of `source`.
    package func initialize(
        seed: UInt64, coldStart: ColdStart, from source: ((WeightedLayer) throws -> FloatView?)?,
        range: LogitRange
    ) throws {
        for (position, layer) in weightedLayers.enumerated() {
            let isLast = position == weightedLayers.count - 1
            let key = NoiseKey(
                seed: seed, purpose: .initialization, layer: UInt16(layer.index))
            if let source, !isLast, let weights = try source(layer) {
                layer.initialize(from: .pretrained(weights, range))
            } else {
                layer.initialize(from: .cold(key, coldStart))
            }
        }
    }

    /// Computes the weights of a step.
    package func prepare(_ pass: Pass) {
        for layer in layers { layer.prepare(pass) }
    }

    /// Computes the logits of this process's samples, shape `[samples, classes]`.
    package func forward(_ images: FloatView, _ pass: Pass) throws -> FloatView {
        try stages.forward(images, pass)
    }

    /// Passes the losses of a step's draws to the layers whose gradients come from losses.
    ///
    /// - Parameter losses: The losses of the whole batch, one per draw; a single one if no layer
    ///   needs them.
    package func setDrawLosses(_ losses: [Double]) {
        guard losses.count > 1 else { return }
        for layer in weightedLayers {
            guard let model = layer.model as? any LearnsFromLosses else { continue }
            layer.scoreCoefficients = model.coefficients(losses: losses)
        }
    }

    /// Computes the leaves' gradients from dL/d logits, which is overwritten.
    ///
    /// - Parameter layerIsDone: Called with each layer, from last to first, when the rest of the
    ///   pass does not need its parameters and its sums over ranks have begun.
    package func backward(
        _ gradient: FloatView, _ pass: Pass,
        layerIsDone: @escaping (any Layer) throws -> Void = { _ in }
    ) throws {
        var pass = pass
        pass.layerIsDone = layerIsDone
        _ = try stages.backward(gradient, pass)
    }

    /// Computes the complete gradients of the parameters from the exchanged sums, for inspection.
    package func finishGradients(_ pass: Pass) {
        for layer in layers { layer.finishGradients(pass) }
    }

    /// Called after all parameters have changed on all processes.
    package func didUpdate() {
        for layer in layers { layer.didUpdate() }
    }

    // MARK: Finished networks

    /// Returns a finished network: every weight chosen from its distribution, and batch norm with
    /// its moving averages, in the order of ``layers``.
    ///
    /// - Parameter selection: Returns the way in which the weights of a layer are chosen.
    package func finished(
        _ selection: (WeightedLayer) -> WeightDraws.Selection
    ) -> [FinishedLayer] {
        layers.compactMap { layer in
            switch layer {
            case let layer as WeightedLayer: .weights(layer.finished(selection(layer)))
            case let layer as BatchNormalization: .normalization(layer.finished)
            default: nil
            }
        }
    }

    /// Runs `body`, in which all passes other than training passes compute with the values of a
    /// finished network.
    ///
    /// Parameters and moving averages do not change. The weights of a step must be prepared again
    /// afterward.
    ///
    /// - Precondition: `finished` has the architecture of this network.
    package func evaluating<Result>(
        _ finished: [FinishedLayer], _ body: () throws -> Result
    ) rethrows -> Result {
        let (weighted, norms) = (weightedLayers, batchNorms)
        defer {
            for layer in weighted { layer.stopUsingFinished() }
            for layer in norms { layer.fixed = nil }
        }
        var names = Set<String>()
        for values in finished {
            switch values {
            case .weights(let weights):
                weighted.first { $0.name == weights.name }?.use(weights)
            case .normalization(let normalization):
                norms.first { $0.name == normalization.name }?.fixed = normalization
            }
            names.insert(values.name)
        }
        let expected = weighted.map(\.name) + norms.map(\.name)
        precondition(
            names == Set(expected) && finished.count == expected.count,
            "\(finished.count) finished layers for the \(expected.count) of \(architecture.name)")
        return try body()
    }
}
