/// Which finished network of a run is measured.
package enum EvaluatedWeights: String, Sendable, CaseIterable {
    /// Weights drawn at random from the best checkpoint's distributions.
    case drawn
    /// The likeliest weights of the best checkpoint's distributions.
    case likeliest
    /// Both: the draws, and the likeliest weights as one more network.
    case both
    /// Those of the winner's file, as it was written.
    case winner
}
