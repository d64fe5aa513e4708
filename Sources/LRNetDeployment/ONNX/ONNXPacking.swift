/// The storage of discrete weights in an ONNX file. Readers unpack them once, when they load the
/// file.
package enum ONNXPacking: String, Sendable, CaseIterable {
    /// ``WeightPacking/trits``
    case trits
    /// ``WeightPacking/bits``
    case bits
    /// ONNX's 2-bit type, which requires readers from 2026 or later.
    case int2
    /// One byte per weight.
    case int8

    /// The required version of the operator set.
    var opset: Int { self == .int2 ? 25 : 13 }

    /// The required version of the file format.
    var irVersion: Int { self == .int2 ? 13 : 7 }

    /// Returns the smallest packing for discrete weights.
    static func smallest(for values: [Int8]) -> ONNXPacking {
        values.contains(0) ? .trits : .bits
    }

    /// Packs weights of -1, 0 and +1.
    ///
    /// - Precondition: With ``bits``, no weight is 0.
    func bytes(_ values: [Int8]) -> [UInt8] {
        switch self {
        case .trits: return WeightPacking.trits.pack(values)
        case .bits:
            precondition(!values.contains(0), "a weight of 0 in a bit")
            return WeightPacking.bits.pack(values)
        case .int2:
            return stride(from: 0, to: values.count, by: 4).map { first in
                values[first..<min(first + 4, values.count)].reversed().reduce(0) {
                    $0 << 2 | UInt8(bitPattern: $1) & 3
                }
            }
        case .int8: return values.map { UInt8(bitPattern: $0) }
        }
    }

    /// The lookup table: the weights of every possible byte, in order. It is empty for packings
    /// that do not use a table.
    var table: [Int8] {
        switch self {
        case .trits:
            var result: [Int8] = []
            for byte in 0..<243 {
                var left = byte
                for _ in 0..<5 {
                    result.append(Int8(left % 3) - 1)
                    left /= 3
                }
            }
            return result
        case .bits:
            return (0..<256).flatMap { (byte: Int) -> [Int8] in
                (0..<8).map { byte >> $0 & 1 == 1 ? 1 : -1 }
            }
        case .int2, .int8: return []
        }
    }

    var weightsPerByte: Int {
        switch self {
        case .trits: WeightPacking.trits.weightsPerByte
        case .bits: WeightPacking.bits.weightsPerByte
        case .int2: 4
        case .int8: 1
        }
    }
}
