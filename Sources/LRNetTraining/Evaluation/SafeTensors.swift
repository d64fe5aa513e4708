internal import Foundation
internal import LRNetSupport

/// A file of named tensors in the safetensors format: an 8-byte little-endian length, a JSON header
/// of that length, then the tensors' bytes.
///
/// - Source: the safetensors format description, https://huggingface.co/docs/safetensors.
public struct SafeTensors: Sendable {
    /// The element types that are written here.
    public enum ElementType: String, Sendable, Codable {
        /// Signed bytes.
        case int8 = "I8"
        /// Float32, little-endian.
        case float32 = "F32"

        var byteCount: Int { self == .int8 ? 1 : 4 }
    }

    /// One tensor.
    public struct Tensor: Sendable, Equatable {
        /// The element type.
        public let type: ElementType
        /// The sizes, innermost last.
        public let shape: [Int]
        /// The values; small integers where the type is `int8`.
        public let values: [Float]
    }

    /// The tensors, by name.
    public private(set) var tensors: [String: Tensor] = [:]

    /// Names in the order of addition; of a file that was read, in alphabetical order.
    public private(set) var names: [String] = []

    /// Free text, by key.
    public var metadata: [String: String] = [:]

    /// Creates an empty file.
    public init() {}

    /// Adds a tensor.
    ///
    /// - Precondition: The name is new, the count fits the shape, and `int8` values are integers
    ///   from -128 to 127.
    public mutating func add(
        _ name: String, type: ElementType, shape: [Int], values: [Float]
    ) {
        precondition(tensors[name] == nil, "tensor \(name) stands twice")
        precondition(
            values.count == shape.reduce(1, *), "\(name): \(values.count) values for \(shape)")
        if type == .int8 {
            precondition(
                values.allSatisfy { Int8(exactly: $0) != nil }, "\(name): not all values are int8")
        }
        tensors[name] = Tensor(type: type, shape: shape, values: values)
        names.append(name)
    }

    private struct Entry: Codable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [Int]
    }

    /// The file's bytes; equal content gives equal bytes.
    public func bytes() throws -> [UInt8] {
        var data: [UInt8] = []
        var entries: [String] = []
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func json(_ value: some Encodable) throws -> String {
            String(decoding: try encoder.encode(value), as: UTF8.self)
        }
        if !metadata.isEmpty { entries.append("\"__metadata__\":\(try json(metadata))") }
        // Four-byte tensors first, so that all of them are aligned.
        let ordered =
            names.filter { tensors[$0]?.type == .float32 }
            + names.filter { tensors[$0]?.type == .int8 }
        for name in ordered {
            guard let tensor = tensors[name] else { continue }
            let start = data.count
            switch tensor.type {
            case .int8: data += tensor.values.map { UInt8(bitPattern: Int8($0)) }
            case .float32:
                for value in tensor.values {
                    withUnsafeBytes(of: value.bitPattern.littleEndian) { data += $0 }
                }
            }
            let entry = Entry(
                dtype: tensor.type.rawValue, shape: tensor.shape, data_offsets: [start, data.count])
            entries.append("\(try json(name)):\(try json(entry))")
        }
        var header = Array("{\(entries.joined(separator: ","))}".utf8)
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        var file: [UInt8] = []
        withUnsafeBytes(of: UInt64(header.count).littleEndian) { file += $0 }
        return file + header + data
    }

    /// Reads a file.
    ///
    /// - Throws: `TrainingFailure` naming the file and what is wrong with it.
    public init(bytes: [UInt8], file: String) throws {
        func failure(_ message: String) -> TrainingFailure {
            TrainingFailure(
                call: "safetensors", subject: file, message: message, exitStatus: .badData)
        }
        guard bytes.count >= 8 else { throw failure("is too short for a safetensors file") }
        let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(bytes.count - 8) else {
            throw failure("is truncated: a header of \(length) bytes in \(bytes.count)")
        }
        let start = 8 + Int(length)
        let header: Any
        do {
            header = try JSONSerialization.jsonObject(with: Data(bytes[8..<start]))
        } catch {
            throw failure("has no JSON header")
        }
        guard let entries = header as? [String: Any] else { throw failure("has no JSON header") }
        metadata = entries["__metadata__"] as? [String: String] ?? [:]
        var places: [Range<Int>] = []
        for name in entries.keys.sorted() where name != "__metadata__" {
            guard let entry = entries[name] as? [String: Any],
                let type = (entry["dtype"] as? String).flatMap({ ElementType(rawValue: $0) }),
                let shape = entry["shape"] as? [Int],
                let offsets = entry["data_offsets"] as? [Int], offsets.count == 2,
                offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= bytes.count - start,
                Self.byteCount(type, shape) == offsets[1] - offsets[0]
            else { throw failure("tensor \(name) has a type, shape or place that cannot be") }
            places.append(offsets[0]..<offsets[1])
            let data = bytes[start + offsets[0]..<start + offsets[1]]
            add(name, type: type, shape: shape, values: Self.decode(data, type))
        }
        var end = 0
        for place in places.sorted(by: {
            ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
        }) {
            guard place.lowerBound == end else { throw failure("tensors overlap or leave a gap") }
            end = place.upperBound
        }
        guard end == bytes.count - start else {
            throw failure("has \(bytes.count - start) bytes of tensors where \(end) are announced")
        }
    }

    /// The size of a tensor; `nil` for sizes that no memory holds.
    private static func byteCount(_ type: ElementType, _ shape: [Int]) -> Int? {
        var count = type.byteCount
        for size in shape {
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: size)
            if isTooLarge || size < 0 { return nil }
            count = product
        }
        return count
    }

    private static func decode(_ data: ArraySlice<UInt8>, _ type: ElementType) -> [Float] {
        switch type {
        case .int8: data.map { Float(Int8(bitPattern: $0)) }
        case .float32:
            stride(from: data.startIndex, to: data.endIndex, by: 4).map { i in
                let low = UInt32(data[i]) | UInt32(data[i + 1]) << 8
                let high = UInt32(data[i + 2]) << 16 | UInt32(data[i + 3]) << 24
                return Float(bitPattern: low | high)
            }
        }
    }
}
