/// The distribution of discrete weights, by its name in recipes.
package enum DiscreteDistribution: String, Sendable, CaseIterable {
    /// -1 and +1, with one logit per weight.
    case binary
    /// -1, 0 and +1, with two logits per weight.
    case ternary

    /// The LR-net with this distribution, which initializes the logits and draws the weights.
    var model: any HasDistributions { self == .ternary ? TernaryModel() : BinaryModel() }
}
