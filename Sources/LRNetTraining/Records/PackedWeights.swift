package import LRNetKernels
internal import LRNetSupport

/// The likeliest values of a layer's weights, encoded as 0 to 2 for -1 to +1. Four values share a
/// byte; the first is in the lowest bits.
package struct PackedWeights: Sendable, Equatable {
    /// The number of weights per byte.
    private static let packing = 4

    package let bytes: [UInt8]
    package let count: Int

    /// Packs values, clamped to [-1, +1].
    package init(_ values: FloatView) {
        count = values.count
        var bytes = [UInt8](
            repeating: 0, count: (values.count + Self.packing - 1) / Self.packing)
        // Loops, because closures would take ten times as long and training waits.
        for (index, value) in values.values.enumerated() {
            let code = UInt8(max(-1, min(value, 1)) + 1)
            bytes[index / Self.packing] |= code << UInt8(2 * (index % Self.packing))
        }
        self.bytes = bytes
    }

    /// Wraps the bytes of a checkpoint; `nil` if their number does not match `count` weights.
    package init?(bytes: [UInt8], count: Int) {
        guard bytes.count == (count + Self.packing - 1) / Self.packing else { return nil }
        self.bytes = bytes
        self.count = count
    }

    package var values: [Float] {
        (0..<count).map {
            Float(bytes[$0 / Self.packing] >> UInt8(2 * ($0 % Self.packing)) & 3) - 1
        }
    }

    /// Returns the number of weights whose value in `other` is different.
    ///
    /// - Precondition: Both have the same number of weights.
    package func changeCount(to other: PackedWeights) -> Int {
        precondition(count == other.count, "\(count) weights, and \(other.count)")
        return zip(bytes, other.bytes).reduce(0) {
            let difference = $1.0 ^ $1.1
            return $0 + ((difference | difference >> 1) & 0b0101_0101).nonzeroBitCount
        }
    }
}
