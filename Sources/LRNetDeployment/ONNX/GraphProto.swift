/// A graph: nodes in the order of computation, and the constants that they read.
struct GraphProto: ProtobufMessage, ProtobufReadable {
    var name: String
    var nodes: [NodeProto] = []
    var initializers: [TensorProto] = []
    var inputs: [ValueInfoProto] = []
    var outputs: [ValueInfoProto] = []

    func write(to encoder: inout ProtobufEncoder) {
        encoder.messages(1, nodes)
        encoder.text(2, name)
        encoder.messages(5, initializers)
        encoder.messages(11, inputs)
        encoder.messages(12, outputs)
    }
}

extension GraphProto {
    init(decoding bytes: ArraySlice<UInt8>) throws {
        self.init(name: "")
        try ProtobufDecoder.read("GraphProto", bytes) { field in
            switch field.number {
            case 1: nodes.append(try field.message())
            case 2: name = try field.text()
            case 5: initializers.append(try field.message())
            case 11: inputs.append(try field.message())
            case 12: outputs.append(try field.message())
            default: throw field.refusal
            }
        }
    }
}
