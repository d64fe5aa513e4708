internal import LRNetSupport

/// Reads the fields of a Protocol Buffers message.
///
/// The decoder reads only files of this project's writer, so it rejects fields that the writer does
/// not write.
struct ProtobufDecoder {
    /// An encoded field.
    struct Field {
        enum Value {
            case varint(UInt64)
            case fixed64(UInt64)
            case bytes(ArraySlice<UInt8>)
            case fixed32(UInt32)
        }

        let message: String
        let number: Int
        let value: Value

        /// The failure for a field that has the wrong type or is unknown in its message.
        var refusal: Failure {
            FailureSite("onnx", message).badData("has an unknown field \(number)")
        }

        func integer() throws -> Int {
            guard case .varint(let value) = value else { throw refusal }
            return Int(truncatingIfNeeded: value)
        }

        func float() throws -> Float {
            guard case .fixed32(let bits) = value else { throw refusal }
            return Float(bitPattern: bits)
        }

        func bytes() throws -> ArraySlice<UInt8> {
            guard case .bytes(let bytes) = value else { throw refusal }
            return bytes
        }

        func text() throws -> String {
            guard let text = String(validating: try bytes(), as: UTF8.self) else { throw refusal }
            return text
        }

        func message<Message: ProtobufReadable>(_: Message.Type = Message.self) throws -> Message {
            try Message(decoding: bytes())
        }
    }

    private let message: String
    private var left: ArraySlice<UInt8>

    /// Calls `body` for each field of a message.
    ///
    /// - Throws: `Failure` (65) if a field is truncated or has an unknown type.
    static func read(
        _ message: String, _ bytes: ArraySlice<UInt8>, _ body: (Field) throws -> Void
    ) throws {
        var decoder = ProtobufDecoder(message: message, left: bytes)
        while let field = try decoder.next() { try body(field) }
    }

    private mutating func next() throws -> Field? {
        guard !left.isEmpty else { return nil }
        let key = try varint()
        guard let number = Int(exactly: key >> 3), number > 0 else {
            throw site.badData("has a field without a number")
        }
        let value: Field.Value
        switch key & 7 {
        case 0: value = .varint(try varint())
        case 1: value = .fixed64(try word(of: 8))
        case 2:
            let count = try varint()
            value = .bytes(try take(Int(clamping: count)))
        case 5: value = .fixed32(UInt32(truncatingIfNeeded: try word(of: 4)))
        default: throw site.badData("has a field \(number) of the unknown wire type \(key & 7)")
        }
        return Field(message: message, number: number, value: value)
    }

    private var site: FailureSite { FailureSite("onnx", message) }

    private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count <= left.count else { throw site.badData("is truncated") }
        defer { left = left.dropFirst(count) }
        return left.prefix(count)
    }

    private mutating func varint() throws -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = left.popFirst() else { throw site.badData("is truncated") }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                guard shift < 63 || byte <= 1 else { break }
                return result
            }
        }
        throw site.badData("has an integer of more than 64 bits")
    }

    private mutating func word(of count: Int) throws -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// A value that can be read from a message.
protocol ProtobufReadable {
    init(decoding bytes: ArraySlice<UInt8>) throws
}
