package import LRNetSupport

/// A packing of discrete weights into bytes.
package enum WeightPacking: String, Sendable, CaseIterable {
    /// Five weights per byte: the sum of `digit[i] * 3^i`, where `digit = weight + 1` and the first
    /// weight is the least significant. The last byte is padded with the digit 1.
    case trits
    /// Eight weights per byte, the first in bit 0. A bit of 1 is +1 and a bit of 0 is -1. The last
    /// byte is padded with 0.
    case bits

    package var weightsPerByte: Int { self == .trits ? 5 : 8 }

    /// Returns the number of bytes of `weightCount` weights.
    package func byteCount(_ weightCount: Int) -> Int {
        (weightCount + weightsPerByte - 1) / weightsPerByte
    }

    /// Packs weights.
    ///
    /// - Precondition: All weights are -1 or +1, or also 0 for ``trits``.
    package func pack(_ weights: [Int8]) -> [UInt8] {
        stride(from: 0, to: weights.count, by: weightsPerByte).map { first in
            let part = weights[first..<min(first + weightsPerByte, weights.count)]
            switch self {
            case .trits:
                let missing = repeatElement(Int8(0), count: weightsPerByte - part.count)
                return (Array(part) + missing).reversed().reduce(0) { $0 * 3 + UInt8($1 + 1) }
            case .bits:
                return part.reversed().reduce(0) { $0 << 1 | ($1 > 0 ? 1 : 0) }
            }
        }
    }

    /// Unpacks weights.
    ///
    /// - Parameter site: The name of the tensor for errors.
    /// - Throws: `Failure` (65) for a wrong number of bytes, or naming a byte that is not a valid
    ///   packing.
    package func unpack(_ bytes: [UInt8], count: Int, site: FailureSite) throws -> [Int8] {
        guard bytes.count == byteCount(count) else {
            throw site.badData("has \(bytes.count) bytes for \(count) weights")
        }
        var weights: [Int8] = []
        weights.reserveCapacity(bytes.count * weightsPerByte)
        for (index, byte) in bytes.enumerated() {
            switch self {
            case .trits:
                guard byte < 243 else {
                    throw site.badData("byte \(index) is \(byte); five trits are at most 242")
                }
                var rest = byte
                for _ in 0..<5 {
                    weights.append(Int8(rest % 3) - 1)
                    rest /= 3
                }
            case .bits:
                for bit in 0..<8 { weights.append(byte >> bit & 1 == 1 ? 1 : -1) }
            }
        }
        let filler: Int8 = self == .trits ? 0 : -1
        guard weights[count...].allSatisfy({ $0 == filler }) else {
            throw site.badData("byte \(bytes.count - 1) has invalid padding")
        }
        return Array(weights.prefix(count))
    }
}
