/// The range of a numeric setting, limited by the arithmetic of a run, most of which is in Float32.
package struct NumberBounds: Sendable, Hashable {
    /// The lower bound, included or excluded.
    package let low: Double

    /// The upper bound, included or excluded.
    package let high: Double

    private let excludesLow: Bool
    private let excludesHigh: Bool

    /// Returns the range of numbers of at least `low` and at most `high`.
    package static func from(_ low: Double, to high: Double) -> NumberBounds {
        NumberBounds(low: low, high: high, excludesLow: false, excludesHigh: false)
    }

    /// Returns the range of numbers of at least `low` and below `high`.
    package static func from(_ low: Double, below high: Double) -> NumberBounds {
        NumberBounds(low: low, high: high, excludesLow: false, excludesHigh: true)
    }

    /// Returns the range of numbers above `low` and at most `high`.
    package static func above(_ low: Double, to high: Double) -> NumberBounds {
        NumberBounds(low: low, high: high, excludesLow: true, excludesHigh: false)
    }

    /// Returns the bound that a number violates, such as `at most 100.0`, or `nil` if it is in
    /// range.
    package func advice(_ number: Double) -> String? {
        let isLow = number < low || excludesLow && number == low
        let isHigh = number > high || excludesHigh && Float(number) >= Float(high)
        guard isLow || isHigh else { return nil }
        if excludesHigh {
            let rounds = isHigh && number < high ? ", also in 32 bits" : ""
            return "at least \(low) and below \(high)\(rounds)"
        }
        return isLow ? "\(excludesLow ? "more than" : "at least") \(low)" : "at most \(high)"
    }

    /// The range in words, such as `at least 0 and below 1`.
    package var text: String {
        let least = "\(excludesLow ? "more than" : "at least") \(Self.short(low))"
        return "\(least) and \(excludesHigh ? "below" : "at most") \(Self.short(high))"
    }

    /// Returns a whole number as `0` rather than `0.0`.
    private static func short(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e10 ? "\(Int(value))" : "\(value)"
    }
}
