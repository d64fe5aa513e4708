/// The numbers that a setting may have: as far as the arithmetic of a run goes, most of which is in Float32.
package struct NumberBounds: Sendable, Hashable {
    /// The least number, or what all are above.
    package let low: Double

    /// The largest number, or what all are below.
    package let high: Double

    private let excludesLow: Bool
    private let excludesHigh: Bool

    /// Numbers of at least `low` and at most `high`.
    package static func from(_ low: Double, to high: Double) -> NumberBounds {
        NumberBounds(low: low, high: high, excludesLow: false, excludesHigh: false)
    }

    /// Numbers of at least `low` and below `high`.
    package static func from(_ low: Double, below high: Double) -> NumberBounds {
        NumberBounds(low: low, high: high, excludesLow: false, excludesHigh: true)
    }

    /// Numbers above `low` and at most `high`.
    package static func above(_ low: Double, to high: Double) -> NumberBounds {
        NumberBounds(low: low, high: high, excludesLow: true, excludesHigh: false)
    }

    /// What a number should be that is not one of these: `at most 100.0`.
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

    /// `at least 0 and below 1`
    package var text: String {
        let least = "\(excludesLow ? "more than" : "at least") \(Self.short(low))"
        return "\(least) and \(excludesHigh ? "below" : "at most") \(Self.short(high))"
    }

    /// `0`, not `0.0`.
    private static func short(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e10 ? "\(Int(value))" : "\(value)"
    }
}
