internal import LRNetKernels

/// Creates the layers of an architecture.
package struct NetworkBuilder {
    let architecture: Architecture
    let options: Network.Options
    private var stages: [any Layer] = []
    /// The output shape of the layers so far, for one image.
    private(set) var shape: ImageShape
    private var counts: [String: Int] = [:]
    /// The number of layers so far, which is the position of the next one and part of its noise
    /// key.
    private var layerCount = 0
    /// True if a batch norm with its ReLU must still follow the last product, which happens at the
    /// end of a network with ``ActivationStyle/signBefore``.
    private var isNormPending = false

    init(architecture: Architecture, options: Network.Options) {
        self.architecture = architecture
        self.options = options
        shape = architecture.input
    }

    /// Returns the stages of the network; the last one computes the logits.
    mutating func build(classes: Int) -> [any Layer] {
        var blocks = architecture.blocks[...]
        while let block = blocks.popFirst() {
            if !block.isProduct && !block.precedesSigns { appendPendingNorm() }
            block.append(to: &self)
            guard block.isProduct else { continue }
            // With signs, pooling comes before batch norm.
            if options.model.activations == .sign, blocks.first?.precedesSigns == true {
                blocks.removeFirst().append(to: &self)
            }
            appendNorm()
        }
        appendOutput(classes)
        applyRegularizers()
        return stages
    }

    // MARK: For blocks

    /// Appends a layer without weights, which `make` creates from a name of its kind, its position,
    /// and the shape of its input.
    mutating func append(
        _ kind: String, _ make: (_ name: String, _ index: Int, _ shape: ImageShape) -> any Layer
    ) {
        let name = name(kind)
        append(make(name, takeIndex(), shape))
    }

    /// Appends a layer with weights, preceded by signs if the method requires them there.
    mutating func appendProduct(
        _ kind: String, _ geometry: PatchGeometry, of inputShape: ImageShape, outputs: Int
    ) {
        let model = nextModel
        appendSigns(before: model)
        append(
            weighted(
                name(kind), geometry, of: inputShape, outputs: outputs, model: model,
                hasBias: model.activations == .expectedSign))
        isNormPending = model.activations == .signBefore
    }

    /// Appends a layer; the positions of the layer and its sublayers are already assigned.
    mutating func append(_ layer: any Layer) {
        stages.append(layer)
        shape = layer.outputShape
    }

    /// Returns a name that no other layer has, such as `conv1`.
    mutating func name(_ kind: String) -> String {
        counts[kind, default: 0] += 1
        return "\(kind)\(counts[kind, default: 0])"
    }

    mutating func weighted(
        _ name: String, _ geometry: PatchGeometry, of inputShape: ImageShape, outputs: Int,
        model: any WeightModel, hasBias: Bool = false
    ) -> WeightedLayer {
        let layer = WeightedLayer(
            name: name, index: takeIndex(), inputShape: inputShape, geometry: geometry,
            outputs: outputs, model: model, hasBias: hasBias, algorithm: options.convolutions,
            varianceFormat: options.precision.varianceFormat)
        layer.needsInputGradient = !stages.isEmpty
        return layer
    }

    mutating func batchNorm(
        _ name: String, _ shape: ImageShape, rectified: Bool
    ) -> BatchNormalization {
        layerCount += 1
        return BatchNormalization(
            name: name, inputShape: shape, rectified: rectified, options: options.batchNorm)
    }

    // MARK: Activations

    /// Appends batch norm and activation after a layer with weights.
    private mutating func appendNorm() {
        switch options.model.activations {
        case .rectified: append(batchNorm(name("bn"), shape, rectified: true))
        case .signBefore:
            if !isNormPending { append(batchNorm(name("bn"), shape, rectified: true)) }
        case .sign:
            append(batchNorm(name("bn"), shape, rectified: false))
            append("sign") { name, _, shape in SignLayer(name: name, inputShape: shape) }
        case .expectedSign:
            append("sign") { name, _, shape in ExpectedSignLayer(name: name, inputShape: shape) }
        }
    }

    /// Appends the layer that computes the logits.
    private mutating func appendOutput(_ classes: Int) {
        let isReal = architecture.lastLayer == .fullPrecision
        let model: any WeightModel = isReal ? FullPrecisionModel() : nextModel
        if isReal { appendPendingNorm() } else { appendSigns(before: model) }
        append(
            weighted(
                "output", .whole(shape), of: shape, outputs: classes, model: model,
                hasBias: isReal || model.activations == .expectedSign))
        if architecture.lastLayer == .normalized {
            append(batchNorm("outputNorm", shape, rectified: false))
        }
    }

    /// Appends batch norm and signs before a layer, if the method requires them there.
    private mutating func appendSigns(before model: any WeightModel) {
        guard model.activations == .signBefore else { return }
        isNormPending = false
        append(batchNorm(name("bn"), shape, rectified: false))
        append("sign") { name, _, shape in SignLayer(name: name, inputShape: shape) }
    }

    private mutating func appendPendingNorm() {
        if isNormPending { append(batchNorm(name("bn"), shape, rectified: true)) }
        isNormPending = false
    }

    private mutating func takeIndex() -> Int {
        defer { layerCount += 1 }
        return layerCount
    }

    /// The model of the next layer with weights, except for sublayers and for a last layer with
    /// real weights.
    private var nextModel: any WeightModel {
        if stages.isEmpty && !architecture.firstLayer.isDiscrete {
            return FullPrecisionModel(isFrozen: architecture.firstLayer == .frozen)
        }
        let positioned = options.model as? any DependsOnPosition
        return positioned?.model(forFirstLayer: stages.isEmpty) ?? options.model
    }

    private func applyRegularizers() {
        for layer in stages.flattened.compactMap({ $0 as? WeightedLayer }) {
            layer.beta = options.beta
            layer.logitClip = options.logitClip
            layer.weightDecay = options.weightDecay
            for parameter in layer.parameters {
                switch parameter.role {
                case .logit: parameter.decay = options.probabilityDecay
                case .weight:
                    parameter.decay = layer.parts.scaledDecay == nil ? options.weightDecay : 0
                case .latent, .scale, .offset: break
                }
            }
        }
    }
}
