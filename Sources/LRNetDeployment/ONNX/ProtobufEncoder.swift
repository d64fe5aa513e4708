/// Writes the fields of Protocol Buffers messages. Callers write fields in ascending order of their
/// numbers, so that equal values produce equal bytes.
struct ProtobufEncoder {
    private(set) var bytes: [UInt8] = []

    /// The low three bits of a field's key.
    private enum WireType: UInt64 {
        case varint = 0
        case lengthDelimited = 2
        case fixed32 = 5
    }

    private mutating func key(_ field: Int, _ type: WireType) {
        varint(UInt64(field) << 3 | type.rawValue)
    }

    /// Writes seven bits per byte, lowest first. The eighth bit indicates that more bytes follow.
    private mutating func varint(_ value: UInt64) {
        var left = value
        while left > 0x7F {
            bytes.append(UInt8(left & 0x7F) | 0x80)
            left >>= 7
        }
        bytes.append(UInt8(left))
    }

    /// Writes an integer field. Negative integers occupy ten bytes.
    mutating func integer(_ field: Int, _ value: Int) {
        key(field, .varint)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func integers(_ field: Int, _ values: [Int]) {
        for value in values { integer(field, value) }
    }

    mutating func float(_ field: Int, _ value: Float) {
        key(field, .fixed32)
        bytes += LittleEndian.bytes([value.bitPattern])
    }

    mutating func data(_ field: Int, _ value: [UInt8]) {
        key(field, .lengthDelimited)
        varint(UInt64(value.count))
        bytes += value
    }

    /// Writes a text field, or nothing for an empty text, which is the default.
    mutating func text(_ field: Int, _ value: String) {
        if !value.isEmpty { data(field, Array(value.utf8)) }
    }

    mutating func texts(_ field: Int, _ values: [String]) {
        for value in values { data(field, Array(value.utf8)) }
    }

    mutating func message(_ field: Int, _ value: some ProtobufMessage) {
        data(field, value.encoded)
    }

    mutating func messages(_ field: Int, _ values: [some ProtobufMessage]) {
        for value in values { message(field, value) }
    }
}

/// A value that can be written as a message.
protocol ProtobufMessage {
    func write(to encoder: inout ProtobufEncoder)
}

extension ProtobufMessage {
    var encoded: [UInt8] {
        var encoder = ProtobufEncoder()
        write(to: &encoder)
        return encoder.bytes
    }
}

/// Encodes numbers as bytes, least significant first.
enum LittleEndian {
    static func bytes<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
        let size = Word.bitWidth / 8
        var result: [UInt8] = []
        result.reserveCapacity(words.count * size)
        for word in words {
            for byte in 0..<size { result.append(UInt8(truncatingIfNeeded: word >> (8 * byte))) }
        }
        return result
    }
}
