/// An input or output of a graph, for any number of pictures.
struct ValueInfoProto: ProtobufMessage {
    var name: String
    var type: TensorProto.ElementType
    /// The sizes of one picture's; the number of pictures, `N`, stands before them.
    var sizes: [Int]

    private struct Dimension: ProtobufMessage {
        /// `nil` for `N`.
        var size: Int?

        func write(to encoder: inout ProtobufEncoder) {
            if let size { encoder.integer(1, size) } else { encoder.text(2, "N") }
        }
    }

    private struct Shape: ProtobufMessage {
        var sizes: [Int?]

        func write(to encoder: inout ProtobufEncoder) {
            encoder.messages(1, sizes.map { Dimension(size: $0) })
        }
    }

    private struct TensorType: ProtobufMessage {
        var type: TensorProto.ElementType
        var shape: Shape

        func write(to encoder: inout ProtobufEncoder) {
            encoder.integer(1, type.rawValue)
            encoder.message(2, shape)
        }
    }

    private struct ValueType: ProtobufMessage {
        var tensor: TensorType

        func write(to encoder: inout ProtobufEncoder) {
            encoder.message(1, tensor)
        }
    }

    func write(to encoder: inout ProtobufEncoder) {
        encoder.text(1, name)
        let shape = Shape(sizes: [nil] + sizes.map { $0 })
        encoder.message(2, ValueType(tensor: TensorType(type: type, shape: shape)))
    }
}
