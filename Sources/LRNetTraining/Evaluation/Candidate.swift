internal import LRNetLayers

/// The identity of a finished network that is derived from distributions of weights.
package struct Candidate: Sendable, Equatable {
    /// The number within a validation, counted from 0. It is part of the noise key of a draw.
    package var number: Int

    /// True if the weights are the likeliest values instead of drawn ones.
    package var isLikeliest: Bool

    package init(number: Int, isLikeliest: Bool) {
        self.number = number
        self.isLikeliest = isLikeliest
    }

    package static func draw(_ number: Int) -> Candidate {
        Candidate(number: number, isLikeliest: false)
    }
}

extension Recipe {
    /// Returns the networks that a validation compares.
    ///
    /// - Parameter draws: The number of networks to draw, if the method and ``Validation/weights``
    ///   allow more than one.
    package func candidates(draws: Int) -> [Candidate] {
        guard model.isDrawn else { return [.draw(0)] }
        let drawn = (0..<draws).map(Candidate.draw)
        switch validation.weights {
        case .drawn: return drawn
        case .likeliest: return [Candidate(number: 0, isLikeliest: true)]
        case .both: return drawn + [Candidate(number: draws, isLikeliest: true)]
        }
    }

    /// Returns the network that a result belongs to.
    package func candidate(of result: DrawResult) -> Candidate {
        // Records of earlier versions do not contain which weights were measured.
        Candidate(
            number: result.draw,
            isLikeliest: result.isLikeliest ?? (validation.weights == .likeliest))
    }
}
