internal import Foundation

/// The learning rates that a comparison tries for each method. A method uses the one with the lowest
/// validation error under the first seed.
///
/// A rate is that of logits if the method has logits and the recipe gives them a rate of their own,
/// and that of the real-valued parameters otherwise.
package enum RateGrid: Sendable {
    /// The recipe's rate alone.
    case recipe
    /// The same rates for every method.
    case rates([Double])
    /// Multiples of the recipe's rate. Logits and latent weights require rates of different scales, so
    /// one list of rates does not fit both.
    case factors([Double])

    /// Returns the rates to try, in ascending order, of a method whose rate in the recipe is `rate`;
    /// `nil` stands for the recipe's rate.
    package func rates(around rate: Double) -> [Double?] {
        switch self {
        case .recipe: [nil]
        case .rates(let rates): rates.sorted()
        // Rounding to six digits keeps the names of folders short: 3 times 0.1 is
        // 0.30000000000000004.
        case .factors(let factors):
            factors.sorted().map { Double(String(format: "%.6g", $0 * rate)) }
        }
    }

    /// True if the names of folders contain the rate.
    package var isNamed: Bool {
        if case .recipe = self { false } else { true }
    }
}
