/// An operator that the writer uses, implemented as its documentation defines it.
struct ONNXOperator: Sendable {
    /// The supported attributes. Others are rejected.
    var attributes: Set<String> = []
    /// The indices of the inputs with the weights of a product and with their zero point.
    var weights: Int?
    var zeroPoint: Int?
    /// The domain; empty for `ai.onnx`.
    var domain = ""
    let run: @Sendable (ONNXCall) throws -> ONNXTensor

    private static let window: Set<String> = ["dilations", "kernel_shape", "pads", "strides"]

    /// The operators by name.
    static let table: [String: ONNXOperator] = [
        "Add": ONNXOperator { try ONNXNumbers.binary($0) { $0 + $1 } },
        "BatchNormalization": ONNXOperator(
            attributes: ["epsilon", "momentum"], run: ONNXNumbers.normalize),
        "BipolarQuant": ONNXOperator(
            domain: NodeProto.quantization, run: ONNXQuantization.signs),
        "Cast": ONNXOperator(attributes: ["to"], run: ONNXNumbers.cast),
        "Clip": ONNXOperator(run: ONNXNumbers.clip),
        "Conv": ONNXOperator(
            attributes: window.union(["group"]), weights: 1, run: ONNXProduct.convolution),
        "DequantizeLinear": ONNXOperator(attributes: ["axis"], run: ONNXNumbers.dequantize),
        "Div": ONNXOperator { try ONNXNumbers.binary($0, isReal: true) { $0 / $1 } },
        "Flatten": ONNXOperator(attributes: ["axis"], run: ONNXLayout.flatten),
        "Gather": ONNXOperator(attributes: ["axis"], run: ONNXLayout.gather),
        "Gemm": ONNXOperator(
            attributes: ["alpha", "beta", "transA", "transB"], weights: 1, run: ONNXProduct.gemm),
        "GlobalAveragePool": ONNXOperator(run: ONNXPooling.globalAverage),
        "GreaterOrEqual": ONNXOperator {
            try ONNXNumbers.binary($0, as: .bool) { $0 >= $1 ? 1 : 0 }
        },
        "MatMul": ONNXOperator(run: ONNXMatrix.multiply),
        "Max": ONNXOperator { try ONNXNumbers.binary($0) { $0 > $1 ? $0 : $1 } },
        "MaxPool": ONNXOperator(
            attributes: window.union(["ceil_mode", "storage_order"]), run: ONNXPooling.maxPool),
        "Min": ONNXOperator { try ONNXNumbers.binary($0) { $0 < $1 ? $0 : $1 } },
        "Mul": ONNXOperator { try ONNXNumbers.binary($0) { $0 * $1 } },
        "Pad": ONNXOperator(attributes: ["mode"], run: ONNXLayout.pad),
        "QLinearConv": ONNXOperator(
            attributes: window.union(["group"]), weights: 3, zeroPoint: 5,
            run: ONNXProduct.quantizedConvolution),
        "Quant": ONNXOperator(
            attributes: ["narrow", "rounding_mode", "signed"], domain: NodeProto.quantization,
            run: ONNXQuantization.steps),
        "QuantizeLinear": ONNXOperator(attributes: ["axis"], run: ONNXNumbers.quantize),
        "ReduceSum": ONNXOperator(
            attributes: ["keepdims", "noop_with_empty_axes"], run: ONNXPooling.reduceSum),
        "Relu": ONNXOperator { try ONNXNumbers.unary($0) { $0 < 0 ? 0 : $0 } },
        "Reshape": ONNXOperator(run: ONNXLayout.reshape),
        "Round": ONNXOperator { try ONNXNumbers.unary($0) { $0.rounded(.toNearestOrEven) } },
        "Slice": ONNXOperator(run: ONNXLayout.slice),
        "Sqrt": ONNXOperator { try ONNXNumbers.unary($0) { $0.squareRoot() } },
        "Sub": ONNXOperator { try ONNXNumbers.binary($0) { $0 - $1 } },
        "Transpose": ONNXOperator(attributes: ["perm"], run: ONNXLayout.transpose),
        "Where": ONNXOperator(run: ONNXNumbers.choose),
    ]
}
