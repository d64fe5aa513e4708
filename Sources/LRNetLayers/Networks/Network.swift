package import LRNetKernels

/// A network: its layers in order, and what is done to all of them.
package final class Network {
    /// How a network is made from an architecture.
    package struct Options: Sendable {
        /// The training method of all layers but the last.
        package var model: any WeightModel
        /// How batch norm normalises.
        package var batchNorm = BatchNormalization.Options()
        /// How convolutions are computed.
        package var convolutions = ConvolutionAlgorithm.fastest
        /// The rate of dropout layers.
        package var dropout: Float = 0.5
        /// lambda of logits.
        package var probabilityDecay: Float = 0
        /// Strength of the beta regulariser of binary logits.
        package var beta: Float = 0
        /// Logits are limited to `-logitClip ... logitClip` after each step; `nil` for no limit.
        package var logitClip: Float?
        /// lambda of real weights, the last layer's among them.
        package var weightDecay: Float = 0

        /// Creates the options of a network without regularizers.
        package init(model: any WeightModel) { self.model = model }
    }

    /// What the network was made from.
    package let architecture: Architecture

    /// The shape of one image.
    package let input: ImageShape

    /// The number of classes.
    package let classes: Int

    /// The stages that values pass through, first to last.
    package let stages: [any Layer]

    /// All layers, those inside residual blocks included, in the order of checkpoints and hashes.
    package let layers: [any Layer]

    /// Each layer's range of the exchanged gradient vector, in the order of ``layers``.
    package let gradientRanges: [Range<Int>]

    /// Creates a network whose parameters are still 0.
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

    /// The layers with weights, the last layer included.
    package var weightedLayers: [WeightedLayer] { layers.compactMap { $0 as? WeightedLayer } }

    /// The number of weights that a finished network has as small integers.
    package var discreteWeightCount: Int {
        weightedLayers.filter { $0.model.levels != nil }.map(\.shape.count).reduce(0, +)
    }

    /// The batch-norm layers.
    package var batchNorms: [BatchNormalization] {
        layers.compactMap { $0 as? BatchNormalization }
    }

    /// The learned tensors, in the order of checkpoints and hashes.
    package var parameters: [Parameter] { layers.flatMap(\.parameters) }

    /// The length of the exchanged gradient vector.
    package var gradientCount: Int { gradientRanges.last?.upperBound ?? 0 }

    /// The length of the longest range of the gradient vector that leaves add up to.
    package var largestGradientCount: Int { layers.map(\.leafGradientCount).max() ?? 0 }

    /// The layers' exchanges in a training step, in the order of its backward pass; after memory was
    /// reserved.
    package var exchanges: [LayerExchange] {
        stages.inBackwardOrder.compactMap { ($0 as? WeightedLayer)?.exchange }
    }

    /// Allocates activations and scratch for at most `sampleCount` samples a pass, and `microBatch`
    /// a product.
    ///
    /// - Parameter globalCount: The samples of a whole batch over all processes; with other things,
    ///   it decides how gradients are made. That of the pass by default.
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
    /// Only weights of layers before the last one come from the source; batch norm and the last
    /// layer start afresh.
    ///
    /// - Parameters:
    ///   - source: The weights of a layer; `nil`, as a whole or of a layer, for a cold start.
    ///   - range: The distance of initial logits from a tie.
    /// - Throws: What `source` throws.
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

    /// Makes a step's weights.
    package func prepare(_ pass: Pass) {
        for layer in layers { layer.prepare(pass) }
    }

    /// Computes the logits of this process's samples, shape `[samples, classes]`.
    package func forward(_ images: FloatView, _ pass: Pass) throws -> FloatView {
        try stages.forward(images, pass)
    }

    /// Tells layers whose gradient comes from losses what each draw of the step costs.
    ///
    /// - Parameter losses: Of the whole batch, one a draw; one alone where no layer needs them.
    package func setDrawLosses(_ losses: [Double]) {
        guard losses.count > 1 else { return }
        for layer in weightedLayers {
            guard let model = layer.model as? any LearnsFromLosses else { continue }
            layer.scoreCoefficients = model.coefficients(losses: losses)
        }
    }

    /// Computes the leaves' gradients from dL/d logits, which is overwritten.
    ///
    /// - Parameter layerIsDone: Called with each layer, last to first, once nothing of the pass needs its
    ///   parameters any more and its sums over ranks are under way.
    package func backward(
        _ gradient: FloatView, _ pass: Pass,
        layerIsDone: @escaping (any Layer) throws -> Void = { _ in }
    ) throws {
        var pass = pass
        pass.layerIsDone = layerIsDone
        _ = try stages.backward(gradient, pass)
    }

    /// Turns the exchanged sums into the parameters' whole gradients, for inspection.
    package func finishGradients(_ pass: Pass) {
        for layer in layers { layer.finishGradients(pass) }
    }

    /// Called when all parameters have changed, everywhere.
    package func didUpdate() {
        for layer in layers { layer.didUpdate() }
    }

    // MARK: Finished networks

    /// Takes every weight from its distribution, with batch norm's moving averages; in order of ``layers``.
    ///
    /// - Parameter selection: How a layer's weights are taken.
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

    /// Runs `body`, whose passes that are not of training compute with a finished network's values.
    ///
    /// Parameters and moving averages stay as they are; the step's weights must be prepared again.
    ///
    /// - Precondition: `finished` is of this network's architecture.
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
        let own = weighted.map(\.name) + norms.map(\.name)
        precondition(
            names == Set(own) && finished.count == own.count,
            "\(finished.count) finished layers for the \(own.count) of \(architecture.name)")
        return try body()
    }
}
