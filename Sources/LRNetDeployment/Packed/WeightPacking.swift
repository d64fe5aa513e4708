package import LRNetSupport

/// How discrete weights are packed into bytes.
package enum WeightPacking: String, Sendable, CaseIterable {
    /// Five weights a byte: the sum of `digit[i] * 3^i`, where `digit = weight + 1` and the first weight is the least
    /// significant. The last byte is filled with the digit 1.
    case trits
    /// Eight weights a byte, the first in bit 0; 1 stands for +1, 0 for -1. The last byte is filled with 0.
    case bits

    /// The number of weights of a byte.
    package var weightsPerByte: Int { self == .trits ? 5 : 8 }

    /// The bytes that so many weights take.
    package func byteCount(_ weightCount: Int) -> Int {
        (weightCount + weightsPerByte - 1) / weightsPerByte
    }

    /// Packs weights.
    ///
    /// - Precondition: All are -1, +1, or with ``trits`` 0.
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
    /// - Parameter site: Names the tensor.
    /// - Throws: `Failure` (65) naming the byte that no weights are packed into.
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
            throw site.badData("byte \(bytes.count - 1) is not filled up as it should be")
        }
        return Array(weights.prefix(count))
    }
}
