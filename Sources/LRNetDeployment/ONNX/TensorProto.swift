internal import LRNetSupport

/// A constant tensor whose values are stored as bytes.
struct TensorProto: ProtobufMessage, ProtobufReadable {
    enum ElementType: Int, Sendable {
        case float = 1
        case uint8 = 2
        case int8 = 3
        case int32 = 6
        case int64 = 7
        /// The result of a comparison. No constant has this type.
        case bool = 9
        case double = 11
        /// Four values per byte, the first in the lowest bits.
        case int2 = 26
    }

    let name: String
    let type: ElementType
    /// The sizes, innermost last; empty for a scalar.
    let sizes: [Int]
    let data: [UInt8]

    func write(to encoder: inout ProtobufEncoder) {
        encoder.integers(1, sizes)
        encoder.integer(2, type.rawValue)
        encoder.text(8, name)
        encoder.data(9, data)
    }

    init(decoding bytes: ArraySlice<UInt8>) throws {
        var (name, type) = ("", 0)
        var sizes: [Int] = []
        var data: ArraySlice<UInt8> = []
        try ProtobufDecoder.read("TensorProto", bytes) { field in
            switch field.number {
            case 1: sizes.append(try field.integer())
            case 2: type = try field.integer()
            case 8: name = try field.text()
            case 9: data = try field.bytes()
            default: throw field.refusal
            }
        }
        guard let type = ElementType(rawValue: type) else {
            throw FailureSite("onnx", name).badData("has the unknown type \(type)")
        }
        self.init(name, type, sizes, data: Array(data))
    }

    init(_ name: String, _ type: ElementType, _ sizes: [Int], data: [UInt8]) {
        self.name = name
        self.type = type
        self.sizes = sizes
        self.data = data
    }

    init(_ name: String, _ sizes: [Int], _ values: [Float]) {
        self.init(
            name, .float, sizes, data: LittleEndian.bytes(values.map { $0.bitPattern }))
    }

    init(_ name: String, _ sizes: [Int], _ values: [Double]) {
        self.init(
            name, .double, sizes, data: LittleEndian.bytes(values.map { $0.bitPattern }))
    }

    init(_ name: String, _ sizes: [Int], _ values: [UInt8]) {
        self.init(name, .uint8, sizes, data: values)
    }

    init(_ name: String, _ sizes: [Int], _ values: [Int8]) {
        self.init(name, .int8, sizes, data: LittleEndian.bytes(values))
    }

    init(_ name: String, _ sizes: [Int], _ values: [Int32]) {
        self.init(name, .int32, sizes, data: LittleEndian.bytes(values))
    }

    init(_ name: String, _ sizes: [Int], _ values: [Int64]) {
        self.init(name, .int64, sizes, data: LittleEndian.bytes(values))
    }

    /// Creates an int64 vector, such as sizes or axes.
    init(_ name: String, _ values: [Int]) {
        self.init(name, [values.count], values.map { Int64($0) })
    }
}
