/// A layer of a finished network, as values: nothing of it changes when training continues.
package enum FinishedLayer: Sendable, Equatable {
    case weights(FinishedWeights)
    case normalization(FinishedNormalization)

    /// The layer's name.
    package var name: String {
        switch self {
        case .weights(let weights): weights.name
        case .normalization(let normalization): normalization.name
        }
    }
}
