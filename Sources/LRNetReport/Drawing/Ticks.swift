internal import Foundation

/// Chooses round numbers for the ticks of an axis: multiples of 1, 2 or 5 times a power of ten, or
/// powers of ten.
package enum Ticks {
    /// Returns the multiples of a round step in a range.
    ///
    /// - Parameter count: The approximate number of ticks. The result always has at least two.
    /// - Precondition: The range is finite and not empty, and `count` is at least 2.
    package static func linear(_ range: ClosedRange<Double>, count: Int) -> [Double] {
        precondition(
            range.upperBound > range.lowerBound && range.upperBound.isFinite
                && range.lowerBound.isFinite && count >= 2, "\(count) ticks in \(range)")
        let step = niceStep(range, count: count)
        let first = (range.lowerBound / step - 1e-9).rounded(.up)
        let last = (range.upperBound / step + 1e-9).rounded(.down)
        guard last > first else { return linear(range, count: 2 * count) }
        // Multiplication keeps the fifth multiple of 0.1 at 0.5, which repeated addition would not.
        // Adding 0 converts -0 to 0.
        return stride(from: first, through: last, by: 1).map { $0 * step + 0 }
    }

    /// Returns the round step whose ratio to `1 / count` of the range is closest to 1.
    static func niceStep(_ range: ClosedRange<Double>, count: Int) -> Double {
        let raw = (range.upperBound - range.lowerBound) / Double(count)
        let power = pow(10, log10(raw).rounded(.down))
        let factor = raw / power
        return power * (factor < 1.4 ? 1 : factor < 3.2 ? 2 : factor < 7.1 ? 5 : 10)
    }

    /// Returns a range that contains `range` and begins and ends at multiples of a round step.
    package static func niceRange(_ range: ClosedRange<Double>, count: Int) -> ClosedRange<Double> {
        guard range.upperBound > range.lowerBound else {
            let middle = range.lowerBound
            let room = middle == 0 ? 1 : abs(middle) / 2
            return middle - room...middle + room
        }
        let step = niceStep(range, count: count)
        let lower = (range.lowerBound / step + 1e-9).rounded(.down) * step
        let upper = (range.upperBound / step - 1e-9).rounded(.up) * step
        return lower...upper
    }

    /// Returns the powers of ten in a range. If there are few, the result includes multiples such
    /// as 2 and 5 times the powers.
    ///
    /// - Precondition: The range is positive.
    package static func logarithmic(_ range: ClosedRange<Double>) -> [Double] {
        precondition(range.lowerBound > 0, "a logarithmic axis over \(range)")
        let first = Int(log10(range.lowerBound).rounded(.down))
        let last = Int(log10(range.upperBound).rounded(.up))
        let slack = 1 + 1e-9
        func places(_ factors: [Double]) -> [Double] {
            (first...last).flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
                .filter { $0 * slack >= range.lowerBound && $0 <= range.upperBound * slack }
        }
        let powers = places([1])
        guard powers.count < 3 else {
            let every = (powers.count + 5) / 6
            return powers.enumerated().filter { $0.offset % every == 0 }.map(\.element)
        }
        for factors in [[1, 2, 5], [1, 1.5, 2, 3, 4, 5, 7]] {
            let more = places(factors)
            if more.count > 2 { return more }
        }
        // A range with only one or two such numbers is almost linear.
        return linear(range, count: 4)
    }

    /// Formats a tick with separators of thousands and only as many decimals as the ticks need.
    package static func label(_ value: Double, among ticks: [Double]) -> String {
        let largest = ticks.map(abs).max() ?? 0
        if largest == 0 { return "0" }
        let smallest = ticks.map(abs).filter { $0 > 0 }.min() ?? largest
        if smallest < 1e-4 || largest >= 1e7 {
            return value == 0 ? "0" : String(format: "%g", value)
        }
        if largest / smallest >= 1000 { return String(format: "%g", value) }
        var decimals = 0
        while decimals < 6,
            ticks.contains(where: { tick in
                let scaled = tick * pow(10, Double(decimals))
                return abs(scaled - scaled.rounded()) > 1e-6 * max(abs(scaled), 1)
            })
        { decimals += 1 }
        let text = String(format: "%.\(decimals)f", value)
        guard decimals == 0, abs(value) >= 10_000 else { return text.replacing("-", with: "−") }
        return grouped(Int(value))
    }

    static func grouped(_ value: Int) -> String {
        var digits = Array(String(abs(value)))
        for position in stride(from: digits.count - 3, to: 0, by: -3) {
            digits.insert(",", at: position)
        }
        return (value < 0 ? "−" : "") + String(digits)
    }
}
