/// Writes messages in the wire format of Protocol Buffers: fields that consist of a number and a
/// value.
///
/// Event files need only six small messages, which are written but not read. This type replaces
/// swift-protobuf and generated code, which would add most of a minute to every first build. The
/// tests check the files with TensorBoard's own reader.
///
/// - Source: Protocol Buffers, Encoding, https://protobuf.dev/programming-guides/encoding.
package struct WireFormat: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    private enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5
    }

    private mutating func tag(_ field: Int, _ type: WireType) {
        varint(UInt64(field) << 3 | type.rawValue)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func littleEndian(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    /// Adds an `int32`, `int64` or enumeration field.
    package mutating func integer(_ field: Int, _ value: Int) {
        tag(field, .varint)
        varint(UInt64(bitPattern: Int64(value)))
    }

    /// Adds a `double` field.
    package mutating func double(_ field: Int, _ value: Double) {
        tag(field, .fixed64)
        littleEndian(value.bitPattern)
    }

    /// Adds a `float` field.
    package mutating func float(_ field: Int, _ value: Float) {
        tag(field, .fixed32)
        littleEndian(value.bitPattern)
    }

    /// Adds a packed `repeated double` field.
    package mutating func doubles(_ field: Int, _ values: [Double]) {
        tag(field, .lengthDelimited)
        varint(UInt64(8 * values.count))
        for value in values { littleEndian(value.bitPattern) }
    }

    /// Adds a `bytes` field.
    package mutating func data(_ field: Int, _ value: [UInt8]) {
        tag(field, .lengthDelimited)
        varint(UInt64(value.count))
        bytes += value
    }

    /// Adds a `string` field.
    package mutating func string(_ field: Int, _ value: String) { data(field, Array(value.utf8)) }

    /// Adds a message as a field.
    package mutating func message(_ field: Int, _ fill: (inout WireFormat) -> Void) {
        var inner = WireFormat()
        fill(&inner)
        data(field, inner.bytes)
    }
}
