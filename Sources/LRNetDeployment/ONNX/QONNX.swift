internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetTraining

/// Writes a quantized network in the QONNX dialect, which compilers for FPGAs read: real numbers,
/// and nodes `Quant` and `BipolarQuant` that state the few values of each tensor.
///
/// The input `image` `[1, channels, height, width]` is standardized as described by `preprocessing`
/// in the metadata. The output `scores` is `[1, classes]`. Compilers need a fixed number of images.
///
/// - `Quant` is used instead of `IntQuant` because QONNX's own tools fold `IntQuant` of constants
///   into real weights.
/// - Each node has its own constants because compilers remove the constants of a converted node.
/// - Batch norm has a mean of 0 and a variance of 1, so that its scale and bias are those of
///   ``DeployedAffine``.
package struct QONNX {
    private var graph: ONNXGraph
    private let network: QuantizedNetwork

    /// Encodes a network.
    package static func bytes(_ network: QuantizedNetwork) throws -> [UInt8] {
        var writer = QONNX(graph: ONNXGraph(format: "qonnx", packing: nil), network: network)
        let deployed = network.network
        let shape = deployed.description.architecture.input
        let image = writer.quantize(
            ONNXGraph.Activation(name: "image", shape: shape), Calibration.inputName)
        let features = writer.add(Array(deployed.steps.dropLast(2)), image)
        writer.finish(Array(deployed.steps.suffix(2)), features)
        return try writer.graph.model(
            input: ValueInfoProto(
                name: "image", type: .float, sizes: [shape.channels, shape.height, shape.width],
                count: 1),
            outputs: [
                ValueInfoProto(
                    name: "scores", type: .float, sizes: [deployed.description.classes], count: 1)
            ],
            of: deployed)
    }

    private mutating func add(
        _ steps: [DeployedStep], _ input: ONNXGraph.Activation
    ) -> ONNXGraph.Activation {
        var value = input
        for step in steps {
            switch step {
            case .product(let product): value = multiply(product, value)
            case .affine(let affine): value = apply(affine, value)
            case .maxPool(let name, let geometry): value = graph.maxPool(name, value, geometry)
            case .averagePool(let name, let shape): value = average(name, shape, value)
            case .residual(let block): value = add(block, value)
            }
        }
        return value
    }

    // MARK: Quantizers

    /// Adds the rule of a step to its result, if there is one.
    private mutating func quantize(
        _ value: ONNXGraph.Activation, _ step: String
    ) -> ONNXGraph.Activation {
        guard let rule = network.activations[step] else { return value }
        var result = value
        result.name = quantize(value.name, rule, "\(step).quantized")
        return result
    }

    private mutating func quantize(_ input: String, _ rule: Quantizer, _ name: String) -> String {
        func number(_ part: String, _ value: Float) -> String {
            graph.constant(TensorProto("\(name).\(part)", [], [value]))
        }
        switch rule {
        case .signs:
            return graph.add(
                "BipolarQuant", name, [input, number("scale", 1)], domain: NodeProto.quantization)
        case .steps(let steps):
            return graph.add(
                "Quant", name,
                [
                    input, number("scale", steps.unit), number("zero", 0),
                    number("bits", Float(steps.bits)),
                ],
                [
                    AttributeProto("narrow", .integer(steps.isNarrow ? 1 : 0)),
                    AttributeProto("rounding_mode", .text("ROUND")),
                    AttributeProto("signed", .integer(steps.isSigned ? 1 : 0)),
                ], domain: NodeProto.quantization)
        }
    }

    // MARK: Layers

    /// Adds a convolution, or a matrix product for a fully connected layer.
    private mutating func multiply(
        _ product: DeployedProduct, _ value: ONNXGraph.Activation
    ) -> ONNXGraph.Activation {
        let name = product.name
        let (outputs, fanIn) = (product.outputs, product.fanIn)
        let isWhole = product.isWhole
        let channels = isWhole ? value.shape.channels : product.geometry.input.channels
        let window = product.geometry.window
        var values = ONNXGraph.channelFirst(
            product.weights.expanded(outputs: outputs), fanIn: fanIn, channels: channels)
        var sizes = [outputs, channels, window, window]
        if isWhole {
            values = values.indices.map { values[$0 % outputs * fanIn + $0 / outputs] }
            sizes = [fanIn, outputs]
        }
        var weights = graph.constant(TensorProto("\(name).weight", sizes, values))
        if let rule = network.weights[name] {
            weights = quantize(weights, rule, "\(name).weight.quantized")
        }
        let output =
            isWhole
            ? graph.add("MatMul", name, [graph.flattened(value), weights])
            : graph.add(
                "Conv", name, [graph.image(value), weights], ONNXGraph.attributes(product.geometry))
        return ONNXGraph.Activation(name: output, shape: product.outputShape, isFlat: isWhole)
    }

    /// Adds batch norm, its activation function and the rule of the result.
    private mutating func apply(
        _ affine: DeployedAffine, _ value: ONNXGraph.Activation
    ) -> ONNXGraph.Activation {
        var result = value
        result.name = normalize(affine, value)
        if affine.activation == .rectified {
            result.name = graph.add("Relu", "\(affine.name).relu", [result.name])
        }
        return quantize(result, affine.name)
    }

    private mutating func normalize(
        _ affine: DeployedAffine, _ value: ONNXGraph.Activation
    ) -> String {
        let name = affine.name
        let count = affine.scale.count
        func constant(_ part: String, _ values: [Float]) -> String {
            graph.constant(TensorProto("\(name).\(part)", [count], values))
        }
        return graph.add(
            "BatchNormalization", name,
            [
                value.name, constant("scale", affine.scale), constant("shift", affine.shift),
                constant("mean", Array(repeating: 0, count: count)),
                constant("variance", Array(repeating: 1, count: count)),
            ],
            [
                AttributeProto("epsilon", .float(0)), AttributeProto("momentum", .float(1)),
            ])
    }

    private mutating func average(
        _ name: String, _ shape: ImageShape, _ value: ONNXGraph.Activation
    ) -> ONNXGraph.Activation {
        let mean = ONNXGraph.Activation(
            name: graph.add("GlobalAveragePool", name, [graph.image(value)]),
            shape: ImageShape(height: 1, width: 1, channels: shape.channels))
        return quantize(mean, name)
    }

    // MARK: Residual blocks

    private mutating func add(
        _ block: DeployedResidual, _ value: ONNXGraph.Activation
    ) -> ONNXGraph.Activation {
        let body = add(block.body, value)
        let shortcut: ONNXGraph.Activation =
            switch block.shortcut {
            case .identity: value
            case .projection(let steps): add(steps, value)
            case .subsampling(let sampling): select("\(block.name).shortcut", value, sampling)
            }
        var result = body
        let sum = graph.add(
            "Add", "\(block.name).sum", [graph.image(body), graph.image(shortcut)])
        result.name = graph.add("Relu", block.name, [sum])
        result.isFlat = false
        return quantize(result, block.name)
    }

    /// Adds a subsampling as a convolution of one pixel with weights of 0 and 1, because compilers
    /// do not read `Slice`.
    private mutating func select(
        _ name: String, _ value: ONNXGraph.Activation, _ sampling: Subsampling
    ) -> ONNXGraph.Activation {
        let (inputs, outputs) = (sampling.input.channels, sampling.output.channels)
        let values = (0..<inputs * outputs).map { $0 / inputs == $0 % inputs ? Float(1) : 0 }
        let weights = graph.constant(
            TensorProto("\(name).weight", [outputs, inputs, 1, 1], values))
        let geometry = PatchGeometry(input: sampling.input, window: 1, stride: sampling.stride)
        let output = graph.add(
            "Conv", name,
            [graph.image(value), quantize(weights, .trits, "\(name).weight.quantized")],
            ONNXGraph.attributes(geometry))
        return ONNXGraph.Activation(name: output, shape: sampling.output)
    }

    // MARK: The last layer

    /// Adds the last product and its affine map. Real weights take the scale.
    private mutating func finish(_ steps: [DeployedStep], _ features: ONNXGraph.Activation) {
        guard case .product(var product) = steps[0], case .affine(let affine) = steps[1] else {
            preconditionFailure("a network without a last layer")
        }
        guard case .reals(let values) = product.weights.values, network.weights[product.name] == nil
        else {
            _ = normalize(affine, multiply(product, features))
            graph.nameLast("scores")
            return
        }
        product.weights.values = .reals(
            values.indices.map { values[$0] * affine.scale[$0 / product.fanIn] })
        let shift = TensorProto("\(product.name).shift", [product.outputs], affine.shift)
        let sums = multiply(product, features)
        _ = graph.add("Add", "scores", [sums.name, graph.constant(shift)])
    }
}
