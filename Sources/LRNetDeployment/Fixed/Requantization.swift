/// Batch norm and activation of a fixed-point layer, a channel: from integer sums to uint8.
///
///     q = clip(roundHalfEven((acc + bias) * factor / 2^16) + offset, 0, ceiling)
package struct Requantization: Sendable, Equatable {
    /// What the values of `q` stand for.
    package enum Levels: Sendable, Equatable {
        /// 0 ... 255; the clip at 0 is the ReLU.
        case rectified
        /// -128 ... 127, as 0 ... 255.
        case signed
        /// -1 as 0, and +1 as 2.
        case sign

        /// The value that stands for 0, and that pads.
        package var zeroPoint: Int32 {
            switch self {
            case .rectified: 0
            case .signed: 128
            case .sign: 1
            }
        }

        /// What is added after rounding.
        package var offset: Int32 { self == .signed ? 128 : 0 }

        package var ceiling: Int32 { self == .sign ? 2 : 255 }

        /// The largest distance of a value from ``zeroPoint``.
        package var reach: Int32 { max(zeroPoint, ceiling - zeroPoint) }
    }

    /// `[outputs]`; `factor` is at least 0.
    package let bias, factor: [Int32]

    package let levels: Levels

    /// The real value of a step of `q`.
    package let unit: Double

    /// Bits behind the binary point of `factor`.
    package static let shift = 16

    /// Sums and biases stay below this magnitude, so that Float32 has them exactly.
    package static let limit = 1 << 24

    package init(bias: [Int32], factor: [Int32], levels: Levels, unit: Double) {
        precondition(bias.count == factor.count && factor.allSatisfy { $0 >= 0 })
        self.bias = bias
        self.factor = factor
        self.levels = levels
        self.unit = unit
    }

    /// From this `acc + bias` on the result of a channel is clipped to the ceiling; below it the product has less than
    /// 24 bits. The largest number for channels that never get there.
    package var tops: [Int32] {
        factor.map { factor in
            guard factor > 0 else { return .max }
            let steps = 2 * (levels.ceiling - levels.offset) + 1
            let limit = Int64(steps) << Int64(Self.shift - 1)
            return Int32(clamping: (limit + Int64(factor) - 1) / Int64(factor))
        }
    }

    /// The result for a sum of a channel.
    package func apply(_ sum: Int32, channel: Int) -> UInt8 {
        Self.apply(sum, bias: bias[channel], factor: factor[channel], levels)
    }

    /// The same with the numbers of a channel.
    @inline(__always)
    package static func apply(
        _ sum: Int32, bias: Int32, factor: Int32, _ levels: Levels
    ) -> UInt8 {
        // Up to 2^24 * 2^30: no overflow in 64 bits; shifts of a clipped value need 32 bits only.
        let product = (Int64(sum) + Int64(bias)) * Int64(factor)
        let floor = product >> Int64(shift)
        let rest = product - floor << Int64(shift)
        let half = Int64(1) << Int64(shift - 1)
        let isUp = rest > half || rest == half && floor & 1 == 1
        let rounded = floor + (isUp ? 1 : 0) + Int64(levels.offset)
        return UInt8(min(max(rounded, 0), Int64(levels.ceiling)))
    }
}
