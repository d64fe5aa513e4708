/// An operation of a graph.
struct NodeProto: ProtobufMessage {
    /// `Conv`
    var operation: String
    var name: String
    /// Names of values; an optional one that is left out is empty.
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
