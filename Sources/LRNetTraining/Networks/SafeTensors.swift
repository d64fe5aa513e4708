internal import Foundation
internal import LRNetSupport

/// A file of named tensors in the safetensors format: an 8-byte little-endian length, a JSON header
/// of that length, and the bytes of the tensors.
///
/// - Source: the safetensors format description, https://huggingface.co/docs/safetensors.
package struct SafeTensors: Sendable {
    /// The supported element types, little-endian. All are read and rounded to Float32; only
    /// `int8`, `uint8`, `int32` and `float32` are written.
    package enum ElementType: String, Sendable, Codable, CaseIterable {
        case int8 = "I8"
        case float32 = "F32"
        case float64 = "F64"
        case float16 = "F16"
        /// The upper half of a Float32.
        case bfloat16 = "BF16"
        case int16 = "I16"
        case int32 = "I32"
        case int64 = "I64"
        case uint8 = "U8"
        /// 0 or 1 in a byte.
        case bool = "BOOL"

        var byteCount: Int {
            switch self {
            case .int8, .uint8, .bool: 1
            case .float16, .bfloat16, .int16: 2
            case .float32, .int32: 4
            case .float64, .int64: 8
            }
        }

        /// True if the values are floating-point numbers.
        package var isReal: Bool {
            [.float32, .float64, .float16, .bfloat16].contains(self)
        }
    }

    package struct Tensor: Sendable, Equatable {
        package let type: ElementType
        /// The sizes, innermost last.
        package let shape: [Int]
        /// The values, rounded to Float32.
        package let values: [Float]
        /// The exact values of an `int32` tensor; empty for other types.
        package var integers: [Int32] = []
    }

    /// The tensors by name.
    package private(set) var tensors: [String: Tensor] = [:]

    /// The names of the tensors: in the order of addition, or in alphabetical order if the file was
    /// read.
    package private(set) var names: [String] = []

    /// The tensors of unsupported element types, with the type's name in the file.
    package private(set) var unread: [(name: String, dtype: String)] = []

    /// The metadata of the file: free text by key.
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
        precondition(tensors[name] == nil, "tensor \(name) appears twice")
        precondition([.int8, .float32].contains(type), "\(name): \(type) cannot be written")
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

    /// Encodes the file. Equal contents yield equal bytes.
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

    /// The maximum length of a header, as in the format's own library. A greater length indicates
    /// damage.
    private static let longestHeader: UInt64 = 100_000_000

    /// Reads a file.
    ///
    /// - Throws: `Failure` (65) that names the file, the tensor and the problem.
    package init(bytes: [UInt8], file: String) throws {
        let site = FailureSite("safetensors", file)
        // The header's length comes first, so any other file would look like a truncated file of
        // this format.
        if bytes.prefix(9).last != UInt8(ascii: "{"), let found = ForeignContent(bytes) {
            let isTorch = found.name == "a zip archive" || found.name == "a Python pickle"
            throw site.badData(
                isTorch
                    ? "is \(found.name), as written by torch.save; save the state dictionary with "
                        + "safetensors.torch.save_file" : found.message)
        }
        guard bytes.count >= 8 else { throw site.badData("is too short for a safetensors file") }
        let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(bytes.count - 8) else {
            throw site.badData("is truncated: a header of \(length) bytes in \(bytes.count)")
        }
        guard length <= Self.longestHeader else {
            throw site.badData(
                "has a header of \(length) bytes, but safetensors headers have at most "
                    + "\(Self.longestHeader)")
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
        let dataCount = bytes.count - start
        var places: [(name: String, range: Range<Int>)] = []
        for name in entries.keys.sorted() where name != "__metadata__" {
            guard let entry = entries[name] as? [String: Any],
                let dtype = entry["dtype"] as? String, let shape = entry["shape"] as? [Int],
                let offsets = entry["data_offsets"] as? [Int], offsets.count == 2
            else { throw site.badData("tensor \(name) lacks a dtype, shape or pair of offsets") }
            guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= dataCount else {
                throw site.badData(
                    "tensor \(name) has the byte range \(offsets[0]) to \(offsets[1]), but the "
                        + "file has \(dataCount) bytes of tensors")
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
                let problem = place.lowerBound < end ? "overlaps another" : "leaves a gap before it"
                throw site.badData("tensor \(name), at \(place.lowerBound), \(problem)")
            }
            end = place.upperBound
        }
        guard end == dataCount else {
            throw site.badData(
                "has \(dataCount) bytes of tensors, but its header describes \(end)")
        }
    }

    /// Returns the size of a tensor in bytes; `nil` if a size is negative or the product overflows.
    private static func byteCount(_ type: ElementType, _ shape: [Int]) -> Int? {
        var count = type.byteCount
        for size in shape {
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: size)
            if isTooLarge || size < 0 { return nil }
            count = product
        }
        return count
    }

    /// Decodes little-endian words.
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
