/// How discrete weights are stored in an ONNX file. Readers unpack them once, when they load it.
package enum ONNXPacking: String, Sendable, CaseIterable {
    /// ``WeightPacking/trits``
    case trits
    /// ``WeightPacking/bits``
    case bits
    /// ONNX's type of two bits, which needs readers from 2026 on.
    case int2
    /// A byte each.
    case int8

    /// The version of the operators that files need.
    var opset: Int { self == .int2 ? 25 : 13 }

    /// The version of the format that files need.
    var irVersion: Int { self == .int2 ? 13 : 7 }

    /// The smallest one for discrete weights.
    static func smallest(for values: [Int8]) -> ONNXPacking {
        values.contains(0) ? .trits : .bits
    }

    /// The bytes of weights of -1, 0 and +1.
    ///
    /// - Precondition: As ``bits`` there is no 0.
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

    /// The weights that each byte stands for, byte by byte, for those that are read from a table.
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

    /// Weights that a byte stands for.
    var weightsPerByte: Int {
        switch self {
        case .trits: WeightPacking.trits.weightsPerByte
        case .bits: WeightPacking.bits.weightsPerByte
        case .int2: 4
        case .int8: 1
        }
    }
}
