internal import LRNetKernels

/// A rule that maps real numbers to the few values of a tensor in hardware.
package enum Quantizer: Sendable, Equatable {
    /// `+1 where x >= 0, else -1`
    case signs
    /// `unit * clip(roundHalfEven(x / unit), lowest, highest)`, where `unit` is a power of two.
    case steps(Steps)

    package struct Steps: Sendable, Equatable {
        /// The real value of a step.
        package let unit: Float
        package let bits: Int
        package let isSigned: Bool
        /// True if the lowest value is the negative of the highest.
        package let isNarrow: Bool

        package init(unit: Float, bits: Int, isSigned: Bool, isNarrow: Bool) {
            self.unit = unit
            self.bits = bits
            self.isSigned = isSigned
            self.isNarrow = isNarrow
        }

        package var lowest: Float {
            isSigned ? -Float(1 << (bits - 1)) + (isNarrow ? 1 : 0) : 0
        }

        package var highest: Float { Float(1 << (isSigned ? bits - 1 : bits)) - 1 }
    }

    /// The weights -1, 0 and +1.
    static let trits = Quantizer.steps(Steps(unit: 1, bits: 2, isSigned: true, isNarrow: true))

    /// Rounded weights: -127 ... 127 steps of 1/128.
    static let rounded = Quantizer.steps(
        Steps(unit: 1 / 128, bits: 8, isSigned: true, isNarrow: true))

    /// The number of steps of activations on the positive side. The largest activation may be as
    /// large; it is then clipped by one step.
    static let activationSteps = (unsigned: 256.0, signed: 128.0)

    /// Returns the rule for 8-bit activations.
    ///
    /// - Parameter unit: The unit is rounded up to a power of two from 2^-100 to 2^100.
    static func activations(unit: Double, isSigned: Bool) -> Quantizer {
        precondition(unit > 0 && unit.isFinite, "a unit of \(unit)")
        let exponent = Int(unit.exponent) + (unit.significand == 1 ? 0 : 1)
        let power = Float(sign: .plus, exponent: min(max(exponent, -100), 100), significand: 1)
        return .steps(Steps(unit: power, bits: 8, isSigned: isSigned, isNarrow: false))
    }

    /// The real value of a step, or 1 for signs.
    package var unit: Float {
        switch self {
        case .signs: 1
        case .steps(let steps): steps.unit
        }
    }

    /// Overwrites values with their quantized values.
    func apply(_ values: FloatView) {
        switch self {
        case .signs:
            for index in 0..<values.count { values[index] = values[index] >= 0 ? 1 : -1 }
        case .steps(let steps):
            for index in 0..<values.count {
                let step = (values[index] / steps.unit).rounded(.toNearestOrEven)
                values[index] = min(max(step, steps.lowest), steps.highest) * steps.unit
            }
        }
    }
}
