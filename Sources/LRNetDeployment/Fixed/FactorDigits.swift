/// Approximates factors by sums of a few signed powers of two, for hardware without multipliers.
package enum FactorDigits {
    /// The allowed numbers of digits. The largest changes no factor of 16 bits.
    package static let range = 1...16

    /// Returns a sum of at most `digits` signed powers of two that approximates a value.
    ///
    /// The choice is greedy: each digit is the signed power of two nearest to the remainder.
    ///
    /// - Precondition: `value` is at least 0 and below 2^30, and `digits` is in ``range``.
    package static func nearest(_ value: Double, digits: Int) -> Int32 {
        precondition(value >= 0 && value < 1_073_741_824 && range.contains(digits))
        var left = value
        var sum: Int32 = 0
        for _ in 0..<digits {
            guard abs(left) >= 0.5 else { break }
            // The power below, or the power above if it is nearer: from 1.5 times the power below.
            var power = 1.0
            while power * 2 <= abs(left) { power *= 2 }
            if abs(left) >= 1.5 * power { power *= 2 }
            sum += left > 0 ? Int32(power) : -Int32(power)
            left -= left > 0 ? power : -power
        }
        return max(sum, 0)
    }

    /// Returns the signed powers of two of a factor, largest first: their exponents and signs.
    ///
    /// The result is the non-adjacent form, which has the fewest terms of all such sums.
    package static func terms(_ factor: Int32) -> [(exponent: Int, isNegative: Bool)] {
        var result: [(exponent: Int, isNegative: Bool)] = []
        var (left, exponent) = (Int(factor), 0)
        while left != 0 {
            if left & 1 != 0 {
                let digit = 2 - (left & 3)
                result.append((exponent, digit < 0))
                left -= digit
            }
            left >>= 1
            exponent += 1
        }
        return result.reversed()
    }
}
