/// A constant property of an operation.
struct AttributeProto: ProtobufMessage {
    enum Value {
        case float(Float)
        case integer(Int)
        case text(String)
        case integers([Int])
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
        case .float(let value):
            encoder.float(2, value)
            encoder.integer(20, 1)
        case .integer(let value):
            encoder.integer(3, value)
            encoder.integer(20, 2)
        case .text(let value):
            encoder.data(4, Array(value.utf8))
            encoder.integer(20, 3)
        case .integers(let values):
            encoder.integers(8, values)
            encoder.integer(20, 7)
        }
    }
}
