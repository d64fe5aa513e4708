/// A layer of a finished network, as values that do not change when training continues.
package enum FinishedLayer: Sendable, Equatable {
    case weights(FinishedWeights)
    case normalization(FinishedNormalization)

    package var name: String {
        switch self {
        case .weights(let weights): weights.name
        case .normalization(let normalization): normalization.name
        }
    }
}
