/// Nodes in the order of their computation, and the constants that they read.
struct GraphProto: ProtobufMessage {
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
