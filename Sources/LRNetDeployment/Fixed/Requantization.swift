/// The batch norm and activation of a fixed-point layer, which map the integer sums of each channel
/// to uint8.
///
///     q = clip(roundHalfEven((acc + bias) * factor / 2^16) + offset, 0, ceiling)
package struct Requantization: Sendable, Equatable {
    /// The meaning of the values of `q`.
    package enum Levels: Sendable, Equatable {
        /// 0 ... 255; the clip at 0 is the ReLU.
        case rectified
        /// -128 ... 127, stored as 0 ... 255.
        case signed
        /// -1 and +1, stored as 0 and 2.
        case sign

        /// The stored value of 0, which is also the value of padding.
        package var zeroPoint: Int32 {
            switch self {
            case .rectified: 0
            case .signed: 128
            case .sign: 1
            }
        }

        /// The number that is added after rounding.
        package var offset: Int32 { self == .signed ? 128 : 0 }

        package var ceiling: Int32 { self == .sign ? 2 : 255 }

        /// The largest distance of a value from ``zeroPoint``.
        package var reach: Int32 { max(zeroPoint, ceiling - zeroPoint) }
    }

    /// `[outputs]` each. `factor` is at least 0.
    package let bias, factor: [Int32]

    package let levels: Levels

    /// The real value of a step of `q`.
    package let unit: Double

    /// The number of bits after the binary point of `factor`.
    package static let shift = 16

    /// The bound on the magnitude of sums plus biases, below which Float32 represents them exactly.
    package static let limit = 1 << 24

    package init(bias: [Int32], factor: [Int32], levels: Levels, unit: Double) {
        precondition(bias.count == factor.count && factor.allSatisfy { $0 >= 0 })
        self.bias = bias
        self.factor = factor
        self.levels = levels
        self.unit = unit
    }

    /// The smallest `acc + bias` of each channel at which the result is clipped to the ceiling.
    /// Below it, the product has fewer than 24 bits. The value is `Int32.max` for channels that
    /// never reach the ceiling.
    package var tops: [Int32] {
        factor.map { factor in
            guard factor > 0 else { return .max }
            let steps = 2 * (levels.ceiling - levels.offset) + 1
            let limit = Int64(steps) << Int64(Self.shift - 1)
            return Int32(clamping: (limit + Int64(factor) - 1) / Int64(factor))
        }
    }

    /// Returns the result for a sum of a channel.
    package func apply(_ sum: Int32, channel: Int) -> UInt8 {
        Self.apply(sum, bias: bias[channel], factor: factor[channel], levels)
    }

    /// Returns the result for a sum, given the bias and factor of its channel.
    @inline(__always)
    package static func apply(
        _ sum: Int32, bias: Int32, factor: Int32, _ levels: Levels
    ) -> UInt8 {
        // The product is at most 2^24 * 2^30, so it does not overflow 64 bits. Shifts of a sum that
        // is clipped to `tops` need only 32 bits.
        let product = (Int64(sum) + Int64(bias)) * Int64(factor)
        let floor = product >> Int64(shift)
        let rest = product - floor << Int64(shift)
        let half = Int64(1) << Int64(shift - 1)
        let isUp = rest > half || rest == half && floor & 1 == 1
        let rounded = floor + (isUp ? 1 : 0) + Int64(levels.offset)
        return UInt8(min(max(rounded, 0), Int64(levels.ceiling)))
    }
}
