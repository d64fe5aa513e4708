/// Elementwise operators and conversions of types.
enum ONNXNumbers {
    static func unary(_ call: ONNXCall, _ body: (Double) -> Double) throws -> ONNXTensor {
        let x = try call.input(0)
        guard x.type.isReal else { throw call.refusal("has an input of \(x.type)") }
        return try ONNXTensor(x.type, x.sizes, x.values.map(body))
    }

    static func binary(
        _ call: ONNXCall, isReal: Bool = false, as type: TensorProto.ElementType? = nil,
        _ body: (Double, Double) -> Double
    ) throws -> ONNXTensor {
        let (a, b) = (try call.input(0), try call.input(1))
        guard call.inputs.count == 2, a.type == b.type, a.type.isReal || !isReal else {
            throw call.refusal("has inputs of \(a.type) and \(b.type)")
        }
        let sizes = try commonSizes(call, [a, b])
        let (x, y) = (try spread(a, to: sizes), try spread(b, to: sizes))
        return try ONNXTensor(type ?? a.type, sizes, x.indices.map { body(x[$0], y[$0]) })
    }

    static func clip(_ call: ONNXCall) throws -> ONNXTensor {
        let (x, low, high) = (try call.input(0), try call.input(1), try call.input(2))
        guard low.type == x.type, high.type == x.type, low.values.count == 1,
            high.values.count == 1
        else { throw call.refusal("has limits that are not numbers of \(x.type)") }
        return try ONNXTensor(
            x.type, x.sizes, x.values.map { min(max($0, low.values[0]), high.values[0]) })
    }

    /// Computes `(x - mean) / sqrt(variance + epsilon) * scale + shift` for each channel.
    static func normalize(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.input(0)
        guard x.type == .float, x.sizes.count > 1 else {
            throw call.refusal("has an input of \(x.sizes)")
        }
        let channels = x.sizes[1]
        let parts = try (1...4).map { try call.input($0) }
        guard parts.allSatisfy({ $0.sizes == [channels] && $0.type == .float }) else {
            throw call.refusal("has parameters of \(parts.map(\.sizes)), not of \(channels)")
        }
        let epsilon = try call.real("epsilon")
        let (scale, shift, mean) = (parts[0].values, parts[1].values, parts[2].values)
        let deviation = parts[3].values.map { ($0 + epsilon).squareRoot() }
        let pixels = x.sizes[2...].reduce(1, *)
        return try ONNXTensor(
            .float, x.sizes,
            x.values.enumerated().map { index, value in
                let channel = index / pixels % channels
                return (value - mean[channel]) / deviation[channel] * scale[channel]
                    + shift[channel]
            })
    }

    static func choose(_ call: ONNXCall) throws -> ONNXTensor {
        let (condition, a, b) = (try call.input(0), try call.input(1), try call.input(2))
        guard condition.type == .bool, a.type == b.type else {
            throw call.refusal("has inputs of \(condition.type), \(a.type) and \(b.type)")
        }
        let sizes = try commonSizes(call, [condition, a, b])
        let (x, y) = (try spread(a, to: sizes), try spread(b, to: sizes))
        let isFirst = try spread(condition, to: sizes)
        return try ONNXTensor(a.type, sizes, x.indices.map { isFirst[$0] != 0 ? x[$0] : y[$0] })
    }

    /// Returns the sizes after broadcasting: sizes of 1 are repeated, and the last axes are
    /// aligned.
    private static func commonSizes(_ call: ONNXCall, _ values: [ONNXTensor]) throws -> [Int] {
        let rank = values.map(\.sizes.count).max() ?? 0
        return try (0..<rank).map { axis in
            let sizes = Set(values.map { size($0, axis, rank) }).subtracting([1])
            guard sizes.count < 2 else {
                throw call.refusal("has inputs of the sizes \(values.map(\.sizes))")
            }
            return sizes.first ?? 1
        }
    }

    private static func size(_ value: ONNXTensor, _ axis: Int, _ rank: Int) -> Int {
        let own = axis - rank + value.sizes.count
        return own < 0 ? 1 : value.sizes[own]
    }

    private static func spread(_ value: ONNXTensor, to sizes: [Int]) throws -> [Double] {
        if value.sizes == sizes { return value.values }
        let strides = value.strides
        let missing = sizes.count - value.sizes.count
        let steps = sizes.indices.map {
            size(value, $0, sizes.count) == 1 ? 0 : strides[$0 - missing]
        }
        return try value.picked(sizes, steps: steps)
    }

    // MARK: Types

    static func cast(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.input(0)
        guard let type = TensorProto.ElementType(rawValue: try call.integer("to")),
            type != .bool, type != .int2
        else { throw call.refusal("has an unknown type") }
        let isCut = x.type.isReal && !type.isReal
        return try ONNXTensor(
            type, x.sizes, isCut ? x.values.map { $0.rounded(.towardZero) } : x.values)
    }

    static func quantize(_ call: ONNXCall) throws -> ONNXTensor {
        let (x, zero) = (try call.input(0), try call.input(2))
        let (step, zeroPoint) = (try call.scalar(1), try call.scalar(2))
        guard x.type == .float else { throw call.refusal("has an input of \(x.type)") }
        return try ONNXTensor(
            zero.type, x.sizes,
            x.values.map {
                clip(Double(Float($0 / step)).rounded(.toNearestOrEven) + zeroPoint, to: zero.type)
            })
    }

    static func dequantize(_ call: ONNXCall) throws -> ONNXTensor {
        let (x, zero) = (try call.input(0), try call.input(2))
        let (step, zeroPoint) = (try call.scalar(1), try call.scalar(2))
        guard x.type == zero.type else {
            throw call.refusal("has inputs of \(x.type) and \(zero.type)")
        }
        return try ONNXTensor(.float, x.sizes, x.values.map { ($0 - zeroPoint) * step })
    }

    static func clip(_ value: Double, to type: TensorProto.ElementType) -> Double {
        min(max(value, type.range.lowerBound), type.range.upperBound)
    }
}
