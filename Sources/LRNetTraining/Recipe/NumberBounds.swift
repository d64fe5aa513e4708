/// The numbers that a key may have: as far as the arithmetic of a run goes, most of which is in Float32.
struct NumberBounds: Sendable {
    /// The least number, or what all are above.
    let low: Double

    /// The largest number, or what all are below.
    let high: Double

    private let excludesLow: Bool
    private let excludesHigh: Bool

    /// Numbers of at least `low` and at most `high`.
    static func from(_ low: Double, to high: Double) -> NumberBounds {
        NumberBounds(low: low, high: high, excludesLow: false, excludesHigh: false)
    }

    /// Numbers of at least `low` and below `high`.
    static func from(_ low: Double, below high: Double) -> NumberBounds {
        NumberBounds(low: low, high: high, excludesLow: false, excludesHigh: true)
    }

    /// Numbers above `low` and at most `high`.
    static func above(_ low: Double, to high: Double) -> NumberBounds {
        NumberBounds(low: low, high: high, excludesLow: true, excludesHigh: false)
    }

    /// What a number should be that is not one of these: `at most 100.0`.
    func advice(_ number: Double) -> String? {
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
    var text: String {
        let least = "\(excludesLow ? "more than" : "at least") \(RecipeNumber.short(low))"
        return "\(least) and \(excludesHigh ? "below" : "at most") \(RecipeNumber.short(high))"
    }
}
