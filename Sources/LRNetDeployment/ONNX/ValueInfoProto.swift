internal import LRNetSupport

/// An input or output of a graph.
struct ValueInfoProto: ProtobufMessage, ProtobufReadable {
    var name: String
    var type: TensorProto.ElementType
    /// The sizes for one image, which follow the number of images.
    var sizes: [Int]
    /// The number of images; `nil` for any number, `N`.
    var count: Int?

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
        let shape = Shape(sizes: [count] + sizes.map { $0 })
        encoder.message(2, ValueType(tensor: TensorType(type: type, shape: shape)))
    }
}

extension ValueInfoProto {
    init(decoding bytes: ArraySlice<UInt8>) throws {
        self.init(name: "", type: .float, sizes: [])
        var dimensions: [Int?] = []
        try ProtobufDecoder.read("ValueInfoProto", bytes) { field in
            switch field.number {
            case 1: name = try field.text()
            case 2: (type, dimensions) = try Self.type(field.bytes())
            default: throw field.refusal
            }
        }
        sizes = dimensions.dropFirst().compactMap { $0 }
        guard let first = dimensions.first, dimensions.count == sizes.count + 1 else {
            throw FailureSite("onnx", name).badData("does not have sizes for images")
        }
        count = first
    }

    private static func type(
        _ bytes: ArraySlice<UInt8>
    ) throws -> (TensorProto.ElementType, [Int?]) {
        var type = TensorProto.ElementType.float
        var dimensions: [Int?] = []
        try ProtobufDecoder.read("TypeProto", bytes) { field in
            guard field.number == 1 else { throw field.refusal }
            try ProtobufDecoder.read("TypeProto.Tensor", field.bytes()) { field in
                switch field.number {
                case 1:
                    guard let known = TensorProto.ElementType(rawValue: try field.integer()) else {
                        throw field.refusal
                    }
                    type = known
                case 2: dimensions = try shape(field.bytes())
                default: throw field.refusal
                }
            }
        }
        return (type, dimensions)
    }

    private static func shape(_ bytes: ArraySlice<UInt8>) throws -> [Int?] {
        var dimensions: [Int?] = []
        try ProtobufDecoder.read("TensorShapeProto", bytes) { field in
            guard field.number == 1 else { throw field.refusal }
            var size: Int?
            try ProtobufDecoder.read("Dimension", field.bytes()) { field in
                switch field.number {
                case 1: size = try field.integer()
                case 2: _ = try field.text()
                default: throw field.refusal
                }
            }
            dimensions.append(size)
        }
        return dimensions
    }
}
