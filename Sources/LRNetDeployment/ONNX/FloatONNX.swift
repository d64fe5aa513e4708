internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetTraining

/// Writes a deployed network as an ONNX file with real activations.
///
/// The input `image` `[N, channels, height, width]` is standardized as described by `preprocessing`
/// in the metadata. The output `scores` is `[N, classes]`. The graph uses only operators of the
/// domain `ai.onnx`.
package struct FloatONNX {
    private var graph: ONNXGraph

    /// Encodes a network.
    ///
    /// - Parameter packing: The packing of discrete weights; `nil` for trits or bits.
    /// - Throws: `Failure` (78) if weights do not fit the packing.
    package static func bytes(_ network: DeployedNetwork, packing: ONNXPacking? = nil) throws
        -> [UInt8]
    {
        var writer = FloatONNX(graph: ONNXGraph(format: "float-onnx", packing: packing))
        let input = network.description.architecture.input
        let result = try writer.add(
            network.steps, ONNXGraph.Activation(name: "image", shape: input))
        let scores = writer.graph.flattened(result)
        precondition(scores != "image", "a network without steps")
        writer.graph.nameLast("scores")
        return try writer.graph.model(
            input: ValueInfoProto(
                name: "image", type: .float, sizes: [input.channels, input.height, input.width]),
            outputs: [
                ValueInfoProto(name: "scores", type: .float, sizes: [network.description.classes])
            ],
            of: network)
    }

    private mutating func add(
        _ steps: [DeployedStep], _ input: ONNXGraph.Activation
    ) throws -> ONNXGraph.Activation {
        var value = input
        var index = 0
        while index < steps.count {
            switch steps[index] {
            case .product(let product):
                // A batch norm without signs is merged into the product, unless the sums are of
                // signs and therefore exact integers.
                if index + 1 < steps.count, case .affine(let affine) = steps[index + 1],
                    affine.activation != .sign, !value.areSigns || !product.weights.isDiscrete
                {
                    value = try multiply(product, value, affine)
                    value = activate(affine, value)
                    index += 1
                } else {
                    value = try multiply(product, value, nil)
                }
            case .affine(let affine): value = apply(affine, value)
            case .maxPool(let name, let geometry): value = graph.maxPool(name, value, geometry)
            case .averagePool(let name, let shape):
                let mean = graph.add("GlobalAveragePool", name, [graph.image(value)])
                value = ONNXGraph.Activation(
                    name: mean, shape: ImageShape(height: 1, width: 1, channels: shape.channels))
            case .residual(let block): value = try add(block, value)
            }
            index += 1
        }
        return value
    }

    // MARK: Products

    private mutating func multiply(
        _ product: DeployedProduct, _ value: ONNXGraph.Activation, _ affine: DeployedAffine?
    ) throws -> ONNXGraph.Activation {
        let name = product.name
        let isWhole = product.isWhole
        let channels = isWhole ? value.shape.channels : product.geometry.input.channels
        let window = product.geometry.window
        let sizes =
            isWhole
            ? [product.outputs, product.fanIn] : [product.outputs, channels, window, window]
        let weights = try weights(product, channels: channels, sizes: sizes, affine)
        let shift = affine?.shift ?? Array(repeating: 0, count: product.outputs)
        let bias = graph.constant(TensorProto("\(name).shift", [product.outputs], shift))
        let output =
            isWhole
            ? graph.gemm(name, graph.flattened(value), weights, bias)
            : graph.add(
                "Conv", name, [graph.image(value), weights, bias],
                ONNXGraph.attributes(product.geometry))
        return ONNXGraph.Activation(name: output, shape: product.outputShape, isFlat: isWhole)
    }

    private mutating func weights(
        _ product: DeployedProduct, channels: Int, sizes: [Int], _ affine: DeployedAffine?
    ) throws -> String {
        let fanIn = product.fanIn
        var scale = affine?.scale ?? Array(repeating: 1, count: product.outputs)
        switch product.weights.values {
        case .reals(let values):
            let scaled = values.indices.map { values[$0] * scale[$0 / fanIn] }
            return graph.constant(
                TensorProto(
                    "\(product.name).weight", sizes,
                    ONNXGraph.channelFirst(scaled, fanIn: fanIn, channels: channels)))
        case .signs(var codes), .trits(var codes):
            let factors = product.weights.negativeFactor
            let minus = factors.first ?? 1
            // An output whose sign was changed is changed back, so that one table fits all outputs:
            // with p the first output's factor, x and -p x are x' / p and -x'.
            for output in factors.indices where factors[output] != minus {
                scale[output] *= -factors[output]
                for index in output * fanIn..<(output + 1) * fanIn { codes[index] = -codes[index] }
            }
            let values = try graph.weights(
                product.name, ONNXGraph.channelFirst(codes, fanIn: fanIn, channels: channels),
                sizes: sizes, as: .float(minus: minus))
            return graph.scaled(product.name, values, by: scale, sizes: sizes)
        }
    }

    // MARK: Affine maps

    /// Adds a batch norm that follows no product or produces signs.
    private mutating func apply(
        _ affine: DeployedAffine, _ value: ONNXGraph.Activation
    ) -> ONNXGraph.Activation {
        if affine.activation == .sign { return signs(affine, value) }
        let name = affine.name
        var value = value
        let scale = TensorProto("\(name).scale", value.channelSizes, affine.scale)
        let shift = TensorProto("\(name).shift", value.channelSizes, affine.shift)
        value.name = graph.add("Mul", "\(name).scaled", [value.name, graph.constant(scale)])
        value.name = graph.add("Add", "\(name).sum", [value.name, graph.constant(shift)])
        value.areSigns = false
        return activate(affine, value)
    }

    private mutating func activate(
        _ affine: DeployedAffine, _ value: ONNXGraph.Activation
    ) -> ONNXGraph.Activation {
        guard affine.activation == .rectified else { return value }
        var value = value
        value.name = graph.add("Relu", affine.name, [value.name])
        return value
    }

    /// Adds `+1 where scale * x + shift >= 0, else -1` as a comparison with the number at which the
    /// sign changes.
    private mutating func signs(
        _ affine: DeployedAffine, _ value: ONNXGraph.Activation
    ) -> ONNXGraph.Activation {
        let name = affine.name
        var value = value
        let sizes = value.channelSizes
        if affine.scale.contains(where: { $0 < 0 }) {
            let signs = affine.scale.map { $0 < 0 ? Float(-1) : 1 }
            value.name = graph.add(
                "Mul", "\(name).increasing",
                [value.name, graph.constant(TensorProto("\(name).signs", sizes, signs))])
        }
        let thresholds = zip(affine.scale, affine.shift).map {
            SignThreshold.find(scale: abs($0), shift: $1)
        }
        let isPlus = graph.add(
            "GreaterOrEqual", "\(name).isPlus",
            [value.name, graph.constant(TensorProto("\(name).threshold", sizes, thresholds))])
        value.name = graph.add(
            "Where", name,
            [
                isPlus, graph.constant(TensorProto("plus", [], [Float(1)])),
                graph.constant(TensorProto("minus", [], [Float(-1)])),
            ])
        value.areSigns = true
        return value
    }

    // MARK: Residual blocks

    private mutating func add(
        _ block: DeployedResidual, _ value: ONNXGraph.Activation
    ) throws -> ONNXGraph.Activation {
        let body = try add(block.body, value)
        let shortcut: ONNXGraph.Activation =
            switch block.shortcut {
            case .identity: value
            case .projection(let steps): try add(steps, value)
            case .subsampling(let sampling):
                graph.subsample(
                    "\(block.name).shortcut", value, sampling,
                    zero: TensorProto("zero", [], [Float(0)]))
            }
        var result = body
        let sum = graph.add(
            "Add", "\(block.name).sum", [graph.image(body), graph.image(shortcut)])
        result.name = graph.add("Relu", block.name, [sum])
        result.isFlat = false
        return result
    }
}

extension DeployedProduct {
    /// True for a fully connected layer, or for a window of one pixel that is the whole image.
    var isWhole: Bool { geometry.isWhole }
}

extension PatchGeometry {
    /// True for a fully connected layer, or for a window of one pixel that is the whole image.
    var isWhole: Bool { isIdentity && input.pixelCount == 1 }
}
