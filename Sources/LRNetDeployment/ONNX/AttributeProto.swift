internal import LRNetSupport

/// A constant attribute of a node.
struct AttributeProto: ProtobufMessage, ProtobufReadable {
    enum Value {
        case float(Float)
        case integer(Int)
        case text(String)
        case integers([Int])

        /// The number of the type in files.
        var type: Int {
            switch self {
            case .float: 1
            case .integer: 2
            case .text: 3
            case .integers: 7
            }
        }
    }

    var name: String
    var value: Value

    init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    func write(to encoder: inout ProtobufEncoder) {
        encoder.text(1, name)
        switch value {
        case .float(let value): encoder.float(2, value)
        case .integer(let value): encoder.integer(3, value)
        case .text(let value): encoder.data(4, Array(value.utf8))
        case .integers(let values): encoder.integers(8, values)
        }
        encoder.integer(20, value.type)
    }

    init(decoding bytes: ArraySlice<UInt8>) throws {
        var (name, type) = ("", 0)
        var values: [Value] = []
        var integers: [Int] = []
        try ProtobufDecoder.read("AttributeProto", bytes) { field in
            switch field.number {
            case 1: name = try field.text()
            case 2: values.append(.float(try field.float()))
            case 3: values.append(.integer(try field.integer()))
            case 4: values.append(.text(try field.text()))
            case 8: integers.append(try field.integer())
            case 20: type = try field.integer()
            default: throw field.refusal
            }
        }
        if !integers.isEmpty || type == 7 { values.append(.integers(integers)) }
        guard values.count == 1, let value = values.first, type == value.type else {
            throw FailureSite("onnx", "AttributeProto").badData(
                "\(name) does not have one value of its type \(type)")
        }
        self.init(name, value)
    }
}
