internal import LRNetKernels

/// Makes the layers of an architecture.
struct NetworkBuilder {
    let architecture: Architecture
    let options: Network.Options
    private var stages: [any Layer] = []
    private var shape: ImageShape
    private var counts: [String: Int] = [:]
    /// Layers made so far: the next one's position, which its noise is keyed by.
    private var layerCount = 0
    /// Whether a batch norm with its ReLU is still to come behind the last product, as the end of a
    /// network with ``ActivationStyle/signBefore`` has it.
    private var owesNorm = false

    init(architecture: Architecture, options: Network.Options) {
        self.architecture = architecture
        self.options = options
        shape = architecture.input
    }

    /// The network's stages; the last one makes the logits.
    mutating func build(classes: Int) -> [any Layer] {
        var blocks = architecture.blocks[...]
        while let block = blocks.popFirst() {
            // With signs, pooling comes in front of batch norm.
            if options.model.activations == .sign, block.isProduct, let next = blocks.first,
                case .maxPool = next
            {
                appendProduct(block)
                append(blocks.removeFirst())
                appendNorm()
            } else {
                append(block)
            }
        }
        appendOutput(classes)
        applyRegularizers()
        return stages
    }

    private mutating func append(_ block: Architecture.Block) {
        switch block {
        case .convolution, .linear:
            appendProduct(block)
            appendNorm()
        case .residual(let filters, let stride):
            append(residual(name("block"), filters: filters, stride: stride))
        case .maxPool(let window, let stride):
            let geometry = architecture.poolGeometry(shape, window: window, stride: stride)
            append(MaxPoolLayer(name: name("pool"), geometry: geometry))
            layerCount += 1
        case .averagePool:
            payNorm()
            append(AveragePoolLayer(name: name("pool"), inputShape: shape))
            layerCount += 1
        case .dropout:
            payNorm()
            append(
                DropoutLayer(
                    name: name("dropout"), index: layerCount, inputShape: shape,
                    rate: options.dropout))
            layerCount += 1
        }
    }

    /// The layer with weights, and what stands in front of it.
    private mutating func appendProduct(_ block: Architecture.Block) {
        let model = nextModel
        appendSigns(before: model)
        switch block {
        case .convolution(let filters, let window, let stride):
            let geometry = architecture.geometry(shape, window: window, stride: stride)
            append(weighted(name("conv"), geometry, outputs: filters, model: model))
        case .linear(let units):
            append(
                weighted(
                    name("fc"), .whole(shape), of: shape, outputs: units, model: model,
                    hasBias: model.activations == .expectedSign))
        case .residual, .maxPool, .averagePool, .dropout:
            preconditionFailure("\(block) is no product")
        }
        owesNorm = model.activations == .signBefore
    }

    /// What stands behind a layer with weights.
    private mutating func appendNorm() {
        switch options.model.activations {
        case .rectified: append(batchNorm(name("bn"), shape, rectified: true))
        case .signBefore:
            if !owesNorm { append(batchNorm(name("bn"), shape, rectified: true)) }
        case .sign:
            append(batchNorm(name("bn"), shape, rectified: false))
            append(SignLayer(name: name("sign"), inputShape: shape))
            layerCount += 1
        case .expectedSign:
            append(ExpectedSignLayer(name: name("sign"), inputShape: shape))
            layerCount += 1
        }
    }

    /// The layer that makes the logits.
    private mutating func appendOutput(_ classes: Int) {
        let isReal = architecture.lastLayer == .fullPrecision
        let model: any WeightModel = isReal ? FullPrecisionModel() : nextModel
        if isReal { payNorm() } else { appendSigns(before: model) }
        append(
            weighted(
                "output", .whole(shape), of: shape, outputs: classes, model: model,
                hasBias: isReal || model.activations == .expectedSign))
        if architecture.lastLayer == .normalized {
            append(batchNorm("outputNorm", shape, rectified: false))
        }
    }

    /// Batch norm and signs in front of a layer, where the method has them there.
    private mutating func appendSigns(before model: any WeightModel) {
        guard model.activations == .signBefore else { return }
        owesNorm = false
        append(batchNorm(name("bn"), shape, rectified: false))
        append(SignLayer(name: name("sign"), inputShape: shape))
        layerCount += 1
    }

    private mutating func payNorm() {
        if owesNorm { append(batchNorm(name("bn"), shape, rectified: true)) }
        owesNorm = false
    }

    private mutating func append(_ layer: any Layer) {
        stages.append(layer)
        shape = layer.outputShape
    }

    private mutating func name(_ kind: String) -> String {
        counts[kind, default: 0] += 1
        return "\(kind)\(counts[kind, default: 0])"
    }

    /// The method of a layer that is no sublayer and not the last.
    private var nextModel: any WeightModel {
        if stages.isEmpty && !architecture.firstLayer.isDiscrete {
            return FullPrecisionModel(isFrozen: architecture.firstLayer == .frozen)
        }
        let positioned = options.model as? any DependsOnPosition
        return positioned?.model(forFirstLayer: stages.isEmpty) ?? options.model
    }

    private mutating func weighted(
        _ name: String, _ geometry: PatchGeometry, of inputShape: ImageShape? = nil, outputs: Int,
        model: any WeightModel, hasBias: Bool = false
    ) -> WeightedLayer {
        let layer = WeightedLayer(
            name: name, index: layerCount, inputShape: inputShape ?? geometry.input,
            geometry: geometry, outputs: outputs, model: model, hasBias: hasBias,
            algorithm: options.convolutions)
        layer.needsInputGradient = !stages.isEmpty
        layerCount += 1
        return layer
    }

    private mutating func batchNorm(
        _ name: String, _ shape: ImageShape, rectified: Bool
    ) -> BatchNormalization {
        layerCount += 1
        return BatchNormalization(
            name: name, inputShape: shape, rectified: rectified, options: options.batchNorm)
    }

    private mutating func residual(_ name: String, filters: Int, stride: Int) -> ResidualBlock {
        let entrance = architecture.geometry(shape, window: 3, stride: stride)
        let first = weighted("\(name).conv1", entrance, outputs: filters, model: options.model)
        // The block adds the gradients of its two ways, also where it is the network's first layer.
        first.needsInputGradient = true
        let firstNorm = batchNorm("\(name).bn1", first.outputShape, rectified: true)
        let inner = architecture.geometry(first.outputShape, window: 3, stride: 1)
        let second = weighted("\(name).conv2", inner, outputs: filters, model: options.model)
        second.needsInputGradient = true
        let secondNorm = batchNorm("\(name).bn2", second.outputShape, rectified: false)
        var shortcut: [any Layer] = []
        if second.outputShape != shape, architecture.shortcut == .zeroPadded {
            shortcut = [
                SubsampleLayer(
                    name: "\(name).shortcut", inputShape: shape, stride: stride,
                    channels: filters)
            ]
        } else if second.outputShape != shape {
            let window = PatchGeometry(input: shape, window: 1, stride: stride)
            let projection = weighted(
                "\(name).projection", window, outputs: filters, model: options.model)
            projection.needsInputGradient = true
            let norm = batchNorm(
                "\(name).projectionNorm", projection.outputShape, rectified: false)
            shortcut = [projection, norm]
        }
        return ResidualBlock(
            name: name, inputShape: shape, body: [first, firstNorm, second, secondNorm],
            shortcut: shortcut)
    }

    private func applyRegularizers() {
        for layer in stages.flattened.compactMap({ $0 as? WeightedLayer }) {
            layer.beta = options.beta
            layer.logitClip = options.logitClip
            for parameter in layer.parameters {
                switch parameter.role {
                case .logit: parameter.decay = options.probabilityDecay
                case .weight: parameter.decay = options.weightDecay
                case .latent, .scale, .offset: break
                }
            }
        }
    }
}
