/// An operation in a graph.
struct NodeProto: ProtobufMessage, ProtobufReadable {
    /// The name of the operator, such as `Conv`.
    var operation: String
    var name: String
    /// The names of the input values. The name of an omitted optional input is empty.
    var inputs: [String]
    var outputs: [String]
    var attributes: [AttributeProto] = []
    /// The domain of the operator; empty for `ai.onnx`.
    var domain = ""

    /// The domain of `Quant` and `BipolarQuant`.
    static let quantization = "qonnx.custom_op.general"

    func write(to encoder: inout ProtobufEncoder) {
        encoder.texts(1, inputs)
        encoder.texts(2, outputs)
        encoder.text(3, name)
        encoder.text(4, operation)
        encoder.messages(5, attributes)
        encoder.text(7, domain)
    }
}

extension NodeProto {
    init(decoding bytes: ArraySlice<UInt8>) throws {
        self.init(operation: "", name: "", inputs: [], outputs: [])
        try ProtobufDecoder.read("NodeProto", bytes) { field in
            switch field.number {
            case 1: inputs.append(try field.text())
            case 2: outputs.append(try field.text())
            case 3: name = try field.text()
            case 4: operation = try field.text()
            case 5: attributes.append(try field.message())
            case 7: domain = try field.text()
            default: throw field.refusal
            }
        }
    }
}
