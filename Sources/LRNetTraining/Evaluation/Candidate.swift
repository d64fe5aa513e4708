internal import LRNetLayers

/// One of the finished networks that distributions of weights give.
package struct Candidate: Sendable, Equatable {
    /// Which one of a validation, counted from 0; part of the key of a draw.
    package var number: Int

    /// Its weights are the likeliest values instead of drawn ones.
    package var isLikeliest: Bool

    package init(number: Int, isLikeliest: Bool) {
        self.number = number
        self.isLikeliest = isLikeliest
    }

    /// A draw.
    package static func draw(_ number: Int) -> Candidate {
        Candidate(number: number, isLikeliest: false)
    }
}

extension Recipe {
    /// The networks that a validation compares.
    ///
    /// - Parameter draws: Networks to draw, where methods and ``Validation/weights`` have more than one.
    package func candidates(draws: Int) -> [Candidate] {
        guard model.isDrawn else { return [.draw(0)] }
        let drawn = (0..<draws).map(Candidate.draw)
        switch validation.weights {
        case .drawn: return drawn
        case .likeliest: return [Candidate(number: 0, isLikeliest: true)]
        case .both: return drawn + [Candidate(number: draws, isLikeliest: true)]
        }
    }

    /// The network that a result is of.
    package func candidate(of result: DrawResult) -> Candidate {
        // Records of earlier versions do not say which weights were measured.
        Candidate(
            number: result.draw,
            isLikeliest: result.isLikeliest ?? (validation.weights == .likeliest))
    }
}
