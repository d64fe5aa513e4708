public import LRNetKernels

/// A network: its layers in order, and what is done to all of them.
public final class Network {
    /// How a network is made from an architecture.
    public struct Options: Sendable {
        /// The training method of all layers but the last.
        public var model: any WeightModel = TernaryModel()
        /// How batch norm normalises.
        public var batchNorm = BatchNormalization.Options()
        /// The rate of dropout layers.
        public var dropout: Float = 0.5
        /// lambda of logits.
        public var probabilityDecay: Float = 0
        /// Strength of the beta regulariser of binary logits.
        public var beta: Float = 0
        /// lambda of real weights, the last layer's among them.
        public var weightDecay: Float = 0

        /// Creates the options of a ternary LR-net without regularisers.
        public init() {}
    }

    /// What the network was made from.
    public let architecture: Architecture

    /// The shape of one image.
    public let input: ImageShape

    /// The number of classes.
    public let classes: Int

    /// The layers, first to last.
    public let layers: [any Layer]

    /// The length of the exchanged gradient vector.
    public let gradientCount: Int

    /// Called with each layer and its output during a forward pass, and with its input gradient
    /// during a backward pass; for inspection.
    public var observer: ((_ layer: any Layer, _ values: FloatView, _ isGradient: Bool) -> Void)?

    /// Creates a network whose parameters are still 0.
    public init(architecture: Architecture, classes: Int, options: Options) {
        self.architecture = architecture
        self.classes = classes
        input = architecture.input
        layers = NetworkBuilder(options: options).build(architecture, classes: classes)
        var position = 0
        for layer in layers {
            layer.assignGradients(position..<position + layer.gradientCount)
            position += layer.gradientCount
        }
        gradientCount = position
    }

    /// The layers with weights, the last layer included.
    public var weightedLayers: [WeightedLayer] { layers.compactMap { $0 as? WeightedLayer } }

    /// The batch-norm layers.
    public var batchNorms: [BatchNormalization] {
        layers.compactMap { $0 as? BatchNormalization }
    }

    /// The learned tensors, in the order of checkpoints and hashes.
    public var parameters: [Parameter] { layers.flatMap(\.parameters) }

    /// The length of the longest range of the gradient vector.
    public var largestGradientCount: Int { layers.map(\.gradientCount).max() ?? 0 }

    /// Allocates activations and scratch for at most `sampleCount` samples a pass, and `microBatch`
    /// a product.
    public func reserve(sampleCount: Int, microBatch: Int, workerCount: Int) {
        for layer in layers {
            layer.reserve(
                sampleCount: sampleCount, microBatch: microBatch, workerCount: workerCount)
        }
    }

    /// Sets initial values: cold, or from the weights of a full-precision network.
    ///
    /// Only weights of layers before the last one come from the source; batch norm and the last
    /// layer start afresh.
    ///
    /// - Parameters:
    ///   - source: The weights of a layer by its name; `nil` for a cold start.
    ///   - limits: Probabilities that initial logits are kept inside.
    /// - Throws: What `source` throws.
    public func initialize(
        seed: UInt64, coldStart: ColdStart, from source: ((WeightedLayer) throws -> FloatView)?,
        limits: ClosedRange<Float>
    ) throws {
        for (position, layer) in weightedLayers.enumerated() {
            let isLast = position == weightedLayers.count - 1
            let key = NoiseKey(
                seed: seed, purpose: .initialization, layer: UInt16(layer.index))
            if let source, !isLast {
                layer.initialize(from: .pretrained(try source(layer), limits: limits))
            } else {
                layer.initialize(from: .cold(key, coldStart))
            }
        }
    }

    /// Makes a step's weights.
    public func prepare(_ pass: Pass) {
        for layer in layers { layer.prepare(pass) }
    }

    /// Computes the logits of this process's samples, shape `[samples, classes]`.
    public func forward(_ images: FloatView, _ pass: Pass) throws -> FloatView {
        var values = images
        for layer in layers {
            values = try layer.forward(values, pass)
            observer?(layer, values, false)
        }
        return values
    }

    /// Computes the leaves' gradients from dL/d logits, which is overwritten.
    public func backward(_ gradient: FloatView, _ pass: Pass) throws {
        var gradient = gradient
        for layer in layers.reversed() {
            gradient = try layer.backward(gradient, pass)
            observer?(layer, gradient, true)
        }
    }

    /// Turns the exchanged sums into the parameters' gradients.
    public func finishGradients(_ pass: Pass) {
        for layer in layers { layer.finishGradients(pass) }
    }

    /// Called when the optimizer has changed the parameters.
    public func didUpdate() {
        for layer in layers { layer.didUpdate() }
    }

    /// Replaces all weights by those of a finished network until the next step is prepared.
    public func useTestWeights(_ selection: (WeightedLayer) -> WeightDraws.Selection) {
        for layer in weightedLayers { layer.useTestWeights(selection(layer)) }
    }
}

/// Makes the layers of an architecture.
struct NetworkBuilder {
    let options: Network.Options

    func build(_ architecture: Architecture, classes: Int) -> [any Layer] {
        var layers: [any Layer] = []
        var shape = architecture.input
        var counts: [String: Int] = [:]
        func name(_ kind: String) -> String {
            counts[kind, default: 0] += 1
            return "\(kind)\(counts[kind, default: 0])"
        }
        func append(_ layer: any Layer) {
            layers.append(layer)
            shape = layer.outputShape
        }
        func appendWeights(_ kind: String, _ geometry: PatchGeometry, outputs: Int) {
            let layer = WeightedLayer(
                name: name(kind), index: layers.count, inputShape: shape, geometry: geometry,
                outputs: outputs, model: options.model)
            layer.needsInputGradient = !layers.isEmpty
            append(layer)
            append(
                BatchNormalization(
                    name: name("bn"), inputShape: shape, rectified: true,
                    options: options.batchNorm))
        }
        for block in architecture.blocks {
            switch block {
            case .convolution(let filters, let window):
                let padding = Padding.same(
                    height: shape.height, width: shape.width, window: window, stride: 1)
                appendWeights(
                    "conv", PatchGeometry(input: shape, window: window, padding: padding),
                    outputs: filters)
            case .linear(let units):
                appendWeights("fc", .whole(shape), outputs: units)
            case .maxPool(let window):
                append(
                    MaxPoolLayer(
                        name: name("pool"),
                        geometry: PatchGeometry(input: shape, window: window, stride: window)))
            case .dropout:
                append(
                    DropoutLayer(
                        name: name("dropout"), index: layers.count, inputShape: shape,
                        rate: options.dropout))
            }
        }
        let last = WeightedLayer(
            name: "output", index: layers.count, inputShape: shape, geometry: .whole(shape),
            outputs: classes, model: FullPrecisionModel(), hasBias: true)
        last.needsInputGradient = !layers.isEmpty
        append(last)
        applyRegularizers(to: layers)
        return layers
    }

    private func applyRegularizers(to layers: [any Layer]) {
        for layer in layers.compactMap({ $0 as? WeightedLayer }) {
            layer.beta = options.beta
            for parameter in layer.parameters {
                switch parameter.role {
                case .logit: parameter.decay = options.probabilityDecay
                case .weight: parameter.decay = options.weightDecay
                case .scale, .offset: break
                }
            }
        }
    }
}
