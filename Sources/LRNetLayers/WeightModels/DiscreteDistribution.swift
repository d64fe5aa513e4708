/// The distributions of discrete weights, by their names in recipes.
package enum DiscreteDistribution: String, Sendable, CaseIterable {
    /// -1 and +1, one logit each.
    case binary
    /// -1, 0 and +1, two logits each.
    case ternary

    /// The LR-net with these weights, which knows how logits start and how weights are drawn.
    var model: any HasDistributions { self == .ternary ? TernaryModel() : BinaryModel() }
}
