internal import Foundation
internal import LRNetSupport

/// A file of named tensors in the safetensors format: an 8-byte little-endian length, a JSON header
/// of that length, then the tensors' bytes.
///
/// - Source: the safetensors format description, https://huggingface.co/docs/safetensors.
package struct SafeTensors: Sendable {
    /// The element types that are read here, little-endian; `int8`, `uint8`, `int32` and `float32` are written.
    package enum ElementType: String, Sendable, Codable, CaseIterable {
        /// Signed bytes.
        case int8 = "I8"
        /// Float32.
        case float32 = "F32"
        /// Other real numbers, rounded to Float32 when they are read.
        case float64 = "F64"
        /// Half precision.
        case float16 = "F16"
        /// The upper half of a Float32.
        case bfloat16 = "BF16"
        /// Other whole numbers, rounded to Float32 when they are read.
        case int16 = "I16"
        /// 32 bits.
        case int32 = "I32"
        /// 64 bits.
        case int64 = "I64"
        /// 8 bits, without a sign.
        case uint8 = "U8"
        /// 0 or 1, in a byte.
        case bool = "BOOL"

        var byteCount: Int {
            switch self {
            case .int8, .uint8, .bool: 1
            case .float16, .bfloat16, .int16: 2
            case .float32, .int32: 4
            case .float64, .int64: 8
            }
        }

        /// Whether the values are real numbers.
        package var isReal: Bool {
            [.float32, .float64, .float16, .bfloat16].contains(self)
        }
    }

    /// One tensor.
    package struct Tensor: Sendable, Equatable {
        /// The element type.
        package let type: ElementType
        /// The sizes, innermost last.
        package let shape: [Int]
        /// The values; rounded where the type is none that Float32 holds.
        package let values: [Float]
        /// The values of an `int32` tensor, exactly; empty for other types.
        package var integers: [Int32] = []
    }

    /// The tensors, by name.
    package private(set) var tensors: [String: Tensor] = [:]

    /// Names in the order of addition; of a file that was read, in alphabetical order.
    package private(set) var names: [String] = []

    /// Tensors of other element types than those that are read, with their type as the file has it.
    package private(set) var unread: [(name: String, dtype: String)] = []

    /// Free text, by key.
    package var metadata: [String: String] = [:]

    /// Creates an empty file.
    package init() {}

    /// Adds a tensor.
    ///
    /// - Precondition: The name is new, the count fits the shape, the type is `int8` or `float32`, and
    ///   `int8` values are integers from -128 to 127.
    package mutating func add(
        _ name: String, type: ElementType, shape: [Int], values: [Float]
    ) {
        precondition(tensors[name] == nil, "tensor \(name) stands twice")
        precondition([.int8, .float32].contains(type), "\(name): \(type) is not written")
        precondition(
            values.count == shape.reduce(1, *), "\(name): \(values.count) values for \(shape)")
        if type == .int8 {
            precondition(
                values.allSatisfy { Int8(exactly: $0) != nil }, "\(name): not all values are int8")
        }
        tensors[name] = Tensor(type: type, shape: shape, values: values)
        names.append(name)
    }

    /// Adds a tensor of bytes.
    ///
    /// - Precondition: The name is new, and the count fits the shape.
    package mutating func add(_ name: String, shape: [Int], bytes: [UInt8]) {
        precondition(
            tensors[name] == nil && bytes.count == shape.reduce(1, *),
            "tensor \(name): \(bytes.count) bytes for \(shape)")
        tensors[name] = Tensor(type: .uint8, shape: shape, values: bytes.map { Float($0) })
        names.append(name)
    }

    /// Adds a tensor of integers.
    ///
    /// - Precondition: The name is new, and the count fits the shape.
    package mutating func add(_ name: String, shape: [Int], integers: [Int32]) {
        precondition(
            tensors[name] == nil && integers.count == shape.reduce(1, *),
            "tensor \(name): \(integers.count) integers for \(shape)")
        tensors[name] = Tensor(
            type: .int32, shape: shape, values: integers.map { Float($0) }, integers: integers)
        names.append(name)
    }

    private struct Entry: Codable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [Int]
    }

    /// The file's bytes; equal content gives equal bytes.
    package func bytes() throws -> [UInt8] {
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
            names.filter { tensors[$0]?.type.byteCount == 4 }
            + names.filter { tensors[$0]?.type.byteCount == 1 }
        for name in ordered {
            guard let tensor = tensors[name] else { continue }
            let start = data.count
            switch tensor.type {
            case .int8: data += tensor.values.map { UInt8(bitPattern: Int8($0)) }
            case .uint8: data += tensor.values.map { UInt8($0) }
            case .int32:
                for value in tensor.integers {
                    withUnsafeBytes(of: value.littleEndian) { data += $0 }
                }
            default:
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

    /// The longest header, as in the format's own library: more is no header but damage.
    private static let longestHeader: UInt64 = 100_000_000

    /// Reads a file.
    ///
    /// - Throws: `Failure` (65) naming the file, the tensor and what is wrong with it.
    package init(bytes: [UInt8], file: String) throws {
        let site = FailureSite("safetensors", file)
        // The header's length comes first, so that any file may seem to be one that is cut off.
        if bytes.prefix(9).last != UInt8(ascii: "{"), let found = ForeignContent(bytes) {
            let isTorch = found.name == "a zip archive" || found.name == "a Python pickle"
            throw site.badData(
                isTorch
                    ? "is \(found.name), such as torch.save writes; save the state dictionary with "
                        + "safetensors.torch.save_file" : found.message)
        }
        guard bytes.count >= 8 else { throw site.badData("is too short for a safetensors file") }
        let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(bytes.count - 8) else {
            throw site.badData("is truncated: a header of \(length) bytes in \(bytes.count)")
        }
        guard length <= Self.longestHeader else {
            throw site.badData("has a header of \(length) bytes, which is no safetensors file's")
        }
        let start = 8 + Int(length)
        let header: Any
        do {
            header = try JSONSerialization.jsonObject(with: Data(bytes[8..<start]))
        } catch {
            throw site.badData("has no JSON header")
        }
        guard let entries = header as? [String: Any] else {
            throw site.badData("has no JSON header")
        }
        metadata = entries["__metadata__"] as? [String: String] ?? [:]
        let room = bytes.count - start
        var places: [(name: String, range: Range<Int>)] = []
        for name in entries.keys.sorted() where name != "__metadata__" {
            guard let entry = entries[name] as? [String: Any],
                let dtype = entry["dtype"] as? String, let shape = entry["shape"] as? [Int],
                let offsets = entry["data_offsets"] as? [Int], offsets.count == 2
            else { throw site.badData("tensor \(name) lacks a dtype, shape or pair of offsets") }
            guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= room else {
                throw site.badData(
                    "tensor \(name) lies at \(offsets[0]) to \(offsets[1]) of \(room) bytes")
            }
            guard let type = ElementType(rawValue: dtype) else {
                places.append((name, offsets[0]..<offsets[1]))
                unread.append((name, dtype))
                continue
            }
            guard Self.byteCount(type, shape) == offsets[1] - offsets[0] else {
                throw site.badData(
                    "tensor \(name) has \(offsets[1] - offsets[0]) bytes for \(dtype) of shape "
                        + "\(shape)")
            }
            places.append((name, offsets[0]..<offsets[1]))
            let data = bytes[start + offsets[0]..<start + offsets[1]]
            var tensor = Tensor(type: type, shape: shape, values: Self.decode(data, type))
            if type == .int32 { tensor.integers = Self.words(data, Int32.self) }
            tensors[name] = tensor
            names.append(name)
        }
        var end = 0
        for (name, place) in places.sorted(by: {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }) {
            guard place.lowerBound == end else {
                let what = place.lowerBound < end ? "overlaps another" : "leaves a gap before it"
                throw site.badData("tensor \(name), at \(place.lowerBound), \(what)")
            }
            end = place.upperBound
        }
        guard end == bytes.count - start else {
            throw site.badData(
                "has \(bytes.count - start) bytes of tensors where \(end) are announced")
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

    /// The values' bits, as words of the type's size.
    private static func words<Word: FixedWidthInteger>(
        _ data: ArraySlice<UInt8>, _ word: Word.Type
    ) -> [Word] {
        let size = MemoryLayout<Word>.size
        return stride(from: data.startIndex, to: data.endIndex, by: size).map { start in
            var bits: Word = 0
            for byte in 0..<size {
                bits |= Word(truncatingIfNeeded: data[start + byte]) << (8 * byte)
            }
            return bits
        }
    }

    private static func decode(_ data: ArraySlice<UInt8>, _ type: ElementType) -> [Float] {
        func words<Word: FixedWidthInteger>(_ word: Word.Type) -> [Word] { Self.words(data, word) }
        return switch type {
        case .int8: data.map { Float(Int8(bitPattern: $0)) }
        case .uint8, .bool: data.map { Float($0) }
        case .int16: words(Int16.self).map { Float($0) }
        case .int32: words(Int32.self).map { Float($0) }
        case .int64: words(Int64.self).map { Float($0) }
        case .float16: words(UInt16.self).map { Float(Float16(bitPattern: $0)) }
        case .bfloat16: words(UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        case .float32: words(UInt32.self).map { Float(bitPattern: $0) }
        case .float64: words(UInt64.self).map { Float(Double(bitPattern: $0)) }
        }
    }
}
