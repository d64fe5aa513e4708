internal import LRNetKernels
internal import LRNetSupport

/// Writes a fixed-point network as an ONNX file whose `QLinearConv` nodes compute the same integers
/// as ``FixedEngine``.
///
/// The input `image` `[N, channels, height, width]` contains the pixels as uint8. The output
/// `features` is the input of the last layer in the order (row, column, channel), as uint8, or as
/// int32 for sums over pixels. The output `scores` is `[N, classes]` of float, or of int32 with
/// ``LastLayer/int8``. The graph uses only operators of the domain `ai.onnx`.
///
/// Float32 represents `factor / 2^16` and `sum + bias` exactly, and also their product unless the
/// result is clipped. Readers that requantize in Float32 and round to even, as is usual, are
/// therefore exact.
package struct FixedONNX {
    private var graph: ONNXGraph

    /// Encodes a network.
    ///
    /// - Parameters:
    ///   - deployed: The deployed network that `network` was converted from.
    ///   - packing: The packing of discrete weights; `nil` for trits or bits.
    /// - Throws: `Failure` (78) if weights do not fit the packing.
    package static func bytes(
        _ network: FixedNetwork, of deployed: DeployedNetwork, packing: ONNXPacking? = nil
    ) throws -> [UInt8] {
        var writer = FixedONNX(graph: ONNXGraph(format: "fixed-onnx", packing: packing))
        let shape = network.input.shape
        var value = ONNXGraph.Activation(
            name: writer.graph.quantize("image", network.input), shape: shape)
        var zeroPoint = network.input.zeroPoint
        for step in network.steps {
            switch step {
            case .layer(let layer):
                value = try writer.add(layer, value, zeroPoint: zeroPoint)
                zeroPoint = layer.requantization.levels.zeroPoint
            case .average(let average):
                value = writer.add(average, value)
                zeroPoint = average.requantization.levels.zeroPoint
            case .maxPool(let name, let geometry):
                value = writer.graph.maxPool(name, value, geometry)
            case .residual(let block): value = try writer.add(block, value)
            }
        }
        let isSum = network.output.pixelCount > 1
        try writer.finish(network.output, value)
        return try writer.graph.model(
            input: ValueInfoProto(
                name: "image", type: .uint8, sizes: [shape.channels, shape.height, shape.width]),
            outputs: [
                ValueInfoProto(
                    name: "features", type: isSum ? .int32 : .uint8,
                    sizes: [network.output.inputs]),
                ValueInfoProto(
                    name: "scores", type: network.lastLayer == .int8 ? .int32 : .float,
                    sizes: [network.output.classes]),
            ],
            of: deployed)
    }

    // MARK: Layers

    /// - Parameter zeroPoint: The zero point of the input.
    private mutating func add(
        _ layer: FixedLayer, _ value: ONNXGraph.Activation, zeroPoint: Int32
    ) throws -> ONNXGraph.Activation {
        let name = layer.name
        let geometry = layer.geometry
        let isWhole = geometry.isWhole
        let channels = isWhole ? value.shape.channels : geometry.input.channels
        let sizes =
            [layer.outputs, channels]
            + (isWhole
                ? [value.shape.height, value.shape.width] : [geometry.window, geometry.window])
        let codes = ONNXGraph.channelFirst(
            layer.weights, fanIn: geometry.patchCount, channels: channels)
        let rule = layer.requantization
        let factors = rule.factor.map { Float(Double($0) / 65_536) }
        let one = graph.constant(TensorProto("one", [], [Float(1)]))
        let inputs = [
            value.name, one, graph.uint8(zeroPoint),
            try weights(name, codes, sizes: sizes),
            graph.constant(TensorProto("\(name).factor", [layer.outputs], factors)),
            graph.constant(TensorProto("zero.int8", [], [Int8(0)])),
            one, graph.uint8(rule.levels.offset),
            graph.constant(TensorProto("\(name).bias", [layer.outputs], rule.bias)),
        ]
        let attributes =
            isWhole ? ONNXGraph.attributes(whole: value.shape) : ONNXGraph.attributes(geometry)
        let areSigns = rule.levels == .sign
        var output = graph.add("QLinearConv", areSigns ? "\(name).steps" : name, inputs, attributes)
        if areSigns {
            // onnxruntime 1.17 does not implement `Min` for uint8.
            output = graph.add(
                "Clip", name, [output, graph.uint8(0), graph.uint8(rule.levels.ceiling)])
        }
        return ONNXGraph.Activation(name: output, shape: layer.outputShape)
    }

    /// Adds a mean over pixels. Float32 represents the sums exactly, and also the product unless
    /// the result is clipped: the product is a multiple of 2^-16 below 2^8.
    private mutating func add(
        _ average: FixedAverage, _ value: ONNXGraph.Activation
    ) -> ONNXGraph.Activation {
        let (name, rule) = (average.name, average.requantization)
        func number(_ part: String, _ value: Float) -> String {
            graph.constant(TensorProto("\(name).\(part)", [], [value]))
        }
        let integers = graph.cast(value.name, to: .int32, "\(name).integers")
        let sum = graph.sumOfPixels("\(name).sum", integers, keepsSizes: true)
        var real = graph.cast(sum, to: .float, "\(name).real")
        real = graph.add("Add", "\(name).centered", [real, number("bias", Float(rule.bias[0]))])
        let factor = Float(Double(rule.factor[0]) / 65_536)
        real = graph.add("Mul", "\(name).product", [real, number("factor", factor)])
        real = graph.add("Round", "\(name).whole", [real])
        real = graph.add(
            "Add", "\(name).moved", [real, number("offset", Float(rule.levels.offset))])
        real = graph.add("Max", "\(name).low", [real, number("least", 0)])
        real = graph.add("Min", "\(name).clipped", [real, number("most", 255)])
        return ONNXGraph.Activation(
            name: graph.cast(real, to: .uint8, name),
            shape: ImageShape(height: 1, width: 1, channels: average.shape.channels))
    }

    private mutating func weights(_ name: String, _ codes: [Int8], sizes: [Int]) throws -> String {
        guard let rows = DiscreteRows(codes, outputs: sizes[0]) else {
            return graph.constant(TensorProto("\(name).weight", sizes, codes))
        }
        if graph.packing == .int8 {
            return graph.constant(TensorProto("\(name).weight", sizes, codes))
        }
        if rows.isPlain {
            return try graph.weights(name, rows.codes, sizes: sizes, as: .int8)
        }
        let values = try graph.weights(name, rows.codes, sizes: sizes, as: .int32)
        func multiply(_ values: String, _ part: String, _ factors: [Int32]) -> String {
            let factors = graph.constant(
                TensorProto("\(name).\(part)", ONNXGraph.rows(sizes), factors))
            return graph.add("Mul", "\(name).\(part).product", [values, factors])
        }
        let integers: String
        if rows.plus == rows.minus {
            integers = multiply(values, "plus", rows.plus)
        } else {
            // plus * max(w, 0) + minus * min(w, 0)
            let zero = graph.constant(TensorProto("zero.int32", [], [Int32(0)]))
            let high = graph.add("Max", "\(name).high", [values, zero])
            let low = graph.add("Min", "\(name).low", [values, zero])
            integers = graph.add(
                "Add", "\(name).integers",
                [multiply(high, "plus", rows.plus), multiply(low, "minus", rows.minus)])
        }
        return graph.cast(integers, to: .int8, "\(name).codes")
    }

    // MARK: Residual blocks

    /// Adds `clip(qBody - 128 + qShortcut, 0, 255)` in integers that Float32 represents exactly.
    private mutating func add(
        _ block: FixedResidual, _ value: ONNXGraph.Activation
    ) throws -> ONNXGraph.Activation {
        var result = value
        for layer in block.body { result = try add(layer, result, zeroPoint: 0) }
        let body = real(result, zeroPoint: 128)
        let shortcut: String =
            switch block.shortcut {
            case .identity: real(value, zeroPoint: 0, name: "\(block.name).shortcut.real")
            case .projection(let layer): real(try add(layer, value, zeroPoint: 0), zeroPoint: 128)
            case .subsampling(let sampling):
                real(
                    graph.subsample(
                        "\(block.name).shortcut", value, sampling,
                        zero: TensorProto("zero.uint8", [], [UInt8(0)])), zeroPoint: 0)
            }
        let sum = graph.add("Add", "\(block.name).sum", [body, shortcut])
        let one = graph.constant(TensorProto("one", [], [Float(1)]))
        result.name = graph.add(
            "QuantizeLinear", block.name, [sum, one, graph.uint8(0)],
            [AttributeProto("axis", .integer(1))])
        return result
    }

    private mutating func real(
        _ value: ONNXGraph.Activation, zeroPoint: Int32, name: String? = nil
    ) -> String {
        let one = graph.constant(TensorProto("one", [], [Float(1)]))
        return graph.add(
            "DequantizeLinear", name ?? "\(value.name).real",
            [value.name, one, graph.uint8(zeroPoint)], [AttributeProto("axis", .integer(1))])
    }

    // MARK: The last layer

    private mutating func finish(
        _ output: FixedOutput, _ value: ONNXGraph.Activation
    ) throws {
        var features = value.name
        if output.pixelCount > 1 {
            let integers = graph.cast(features, to: .int32, "\(features).integers")
            features = graph.sumOfPixels("features", integers, keepsSizes: false)
        } else {
            if value.shape.pixelCount > 1 {
                features = graph.add(
                    "Transpose", "\(features).pixels", [features],
                    [AttributeProto("perm", .integers([0, 2, 3, 1]))])
            }
            features = graph.add(
                "Flatten", "features", [features], [AttributeProto("axis", .integer(1))])
        }
        if let integer = output.integer { return try finish(output, integer, features) }
        var real = graph.cast(features, to: .float, "features.real")
        let name = output.name
        if output.zeroPoint != 0 {
            let zero = graph.constant(
                TensorProto("\(name).zero", [], [Float(output.zeroPoint)]))
            real = graph.add("Sub", "features.centered", [real, zero])
        }
        let sizes = [output.classes, output.inputs]
        let bias = TensorProto("\(name).shift", [output.classes], output.bias)
        guard output.isDiscrete else {
            let weights = graph.constant(TensorProto("\(name).weight", sizes, output.weights))
            _ = graph.gemm("scores", real, weights, graph.constant(bias))
            return
        }
        let weights = try graph.weights(
            name, output.weights.map { Int8($0) }, sizes: sizes, as: .float(minus: 1))
        let none = TensorProto(
            "\(name).none", [output.classes], output.bias.map { _ in Float(0) })
        let scale = TensorProto("\(name).scale", [output.classes], output.scale)
        let sums = graph.gemm(name, real, weights, graph.constant(none))
        let scaled = graph.add("Mul", "\(name).scaled", [sums, graph.constant(scale)])
        _ = graph.add("Add", "scores", [scaled, graph.constant(bias)])
    }

    /// Adds integer scores. `MatMulInteger` has no input of int32, which sums over pixels need.
    /// `MatMul` of int32 is exact for both kinds of features.
    private mutating func finish(
        _ output: FixedOutput, _ integer: IntegerOutput, _ features: String
    ) throws {
        let name = output.name
        let isSum = output.pixelCount > 1
        let values = isSum ? features : graph.cast(features, to: .int32, "features.integers")
        let sizes = [output.classes, output.inputs]
        let rows =
            integer.rows == nil
            ? graph.constant(TensorProto("\(name).weight", sizes, integer.weights))
            : try weights(name, integer.weights, sizes: sizes)
        let columns = graph.add(
            "Transpose", "\(name).columns", [rows], [AttributeProto("perm", .integers([1, 0]))])
        let matrix = graph.cast(columns, to: .int32, "\(name).matrix")
        let sums = graph.add("MatMul", name, [values, matrix])
        let bias = TensorProto("\(name).shift", [output.classes], integer.bias)
        _ = graph.add("Add", "scores", [sums, graph.constant(bias)])
    }
}
