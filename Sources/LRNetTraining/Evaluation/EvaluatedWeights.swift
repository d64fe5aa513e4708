/// The choice of the weights that are measured in a run.
package enum EvaluatedWeights: String, Sendable, CaseIterable {
    /// Weights drawn at random from the best checkpoint's distributions.
    case drawn
    /// The likeliest weights of the best checkpoint's distributions.
    case likeliest
    /// Both: the draws, and the likeliest weights as an additional network.
    case both
    /// The weights of the winner file.
    case winner
}
