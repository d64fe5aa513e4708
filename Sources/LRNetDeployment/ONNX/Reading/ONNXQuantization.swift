/// The operators of QONNX.
enum ONNXQuantization {
    /// Computes `(clip(round(x / scale + zero)) - zero) * scale`.
    static func steps(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.input(0)
        let (scale, zero, bits) = (try call.scalar(1), try call.scalar(2), try call.scalar(3))
        let isSigned = try call.integer("signed") == 1
        let isNarrow = try call.integer("narrow") == 1
        try call.require("rounding_mode", .text("ROUND"))
        guard x.type == .float, scale > 0, (2...32).contains(bits), bits.rounded() == bits else {
            throw call.refusal("has the scale \(scale) and \(bits) bits")
        }
        let count = Double(1 << Int(bits))
        let lowest = (isSigned ? -count / 2 : 0) + (isSigned && isNarrow ? 1 : 0)
        let highest = (isSigned ? count / 2 : count) - 1 - (!isSigned && isNarrow ? 1 : 0)
        return try ONNXTensor(
            .float, x.sizes,
            x.values.map { value in
                let step = Double(Float(value / scale)) + zero
                return (min(max(step, lowest), highest).rounded(.toNearestOrEven) - zero) * scale
            })
    }

    /// Computes `scale where x >= 0, else -scale`.
    static func signs(_ call: ONNXCall) throws -> ONNXTensor {
        let x = try call.input(0)
        let scale = try call.scalar(1)
        guard x.type == .float else { throw call.refusal("has an input of \(x.type)") }
        return try ONNXTensor(.float, x.sizes, x.values.map { $0 >= 0 ? scale : -scale })
    }
}
