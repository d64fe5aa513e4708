/// An ONNX file.
struct ModelProto: ProtobufMessage {
    var irVersion: Int
    /// Of the domain `ai.onnx`, the only one that is used.
    var opset: Int
    var graph: GraphProto
    var metadata: [String: String]

    static let producer = "lrnet-dist"

    private struct OperatorSet: ProtobufMessage {
        var version: Int

        func write(to encoder: inout ProtobufEncoder) {
            encoder.integer(2, version)
        }
    }

    private struct Property: ProtobufMessage {
        var key, value: String

        func write(to encoder: inout ProtobufEncoder) {
            encoder.text(1, key)
            encoder.text(2, value)
        }
    }

    func write(to encoder: inout ProtobufEncoder) {
        encoder.integer(1, irVersion)
        encoder.text(2, Self.producer)
        encoder.message(7, graph)
        encoder.message(8, OperatorSet(version: opset))
        encoder.messages(
            14, metadata.sorted { $0.key < $1.key }.map { Property(key: $0.key, value: $0.value) })
    }
}
