/// An operation in a graph.
struct NodeProto: ProtobufMessage, ProtobufReadable {
    /// The name of the operator, such as `Conv`.
    var operation: String
    var name: String
    /// The names of the input values. The name of an omitted optional input is empty.
    var inputs: [String]
    var outputs: [String]
    var attributes: [AttributeProto] = []

    func write(to encoder: inout ProtobufEncoder) {
        encoder.texts(1, inputs)
        encoder.texts(2, outputs)
        encoder.text(3, name)
        encoder.text(4, operation)
        encoder.messages(5, attributes)
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
            default: throw field.refusal
            }
        }
    }
}
