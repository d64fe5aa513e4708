/// The result of one finished network on one split.
package struct DrawResult: Sendable, Equatable, Codable {
    /// The number of the draw, counted from 0.
    package var draw: Int
    /// The number of misclassified samples.
    package var errorCount: Int
    /// The number of samples whose label is not among the five likeliest classes; `nil` if there
    /// are at most five classes.
    package var topFiveErrorCount: Int?
    package var sampleCount: Int
    /// The mean cross-entropy in nats.
    package var loss: Double
    /// The number of misclassified samples of each class; absent in checkpoints of earlier
    /// versions.
    package var classErrors: [Int]?
    /// The number of samples of each class.
    package var classCounts: [Int]?
    /// True if the weights were the likeliest values; absent if they were drawn, and in checkpoints
    /// of earlier versions.
    package var isLikeliest: Bool?

    package init(
        draw: Int, errorCount: Int, topFiveErrorCount: Int? = nil, sampleCount: Int, loss: Double
    ) {
        self.draw = draw
        self.errorCount = errorCount
        self.topFiveErrorCount = topFiveErrorCount
        self.sampleCount = sampleCount
        self.loss = loss
    }

    /// Sets the fields that identify the network.
    mutating func name(_ candidate: Candidate) {
        draw = candidate.number
        isLikeliest = candidate.isLikeliest ? true : nil
    }

    /// Returns true if this result has fewer errors, or as many errors and a lower loss.
    ///
    /// Errors are few, so networks often tie; the loss breaks most ties.
    package func isBetter(than other: DrawResult) -> Bool {
        (errorCount, order) < (other.errorCount, other.order)
    }

    /// The loss as a sort key, in which NaN counts as infinity.
    private var order: Double { loss.isNaN ? .infinity : loss }

    /// The share of misclassified samples, in percent.
    package var errorPercent: Double { percent(errorCount) }

    /// The share of samples whose label is not among the five likeliest classes, in percent.
    package var topFiveErrorPercent: Double? { topFiveErrorCount.map(percent) }

    private func percent(_ count: Int) -> Double {
        sampleCount == 0 ? 0 : 100 * Double(count) / Double(sampleCount)
    }
}

/// The results of all networks that were drawn at one step.
package struct ValidationReport: Sendable, Equatable, Codable {
    /// The number of steps trained.
    package var step: Int
    /// One result per draw.
    package var draws: [DrawResult]

    package init(step: Int, draws: [DrawResult]) {
        self.step = step
        self.draws = draws
    }

    /// The network with the fewest errors, then the lowest loss, then the lowest number.
    package var best: DrawResult? {
        draws.min { $0.isBetter(than: $1) }
    }

    /// The result of the likeliest weights.
    package var likeliest: DrawResult? { draws.first { $0.isLikeliest == true } }

    /// The results of drawn weights; all results if no weights were drawn.
    package var drawn: [DrawResult] {
        let drawn = draws.filter { $0.isLikeliest != true }
        return drawn.isEmpty ? draws : drawn
    }

    /// The mean error of drawn weights, in percent.
    package var meanError: Double {
        drawn.map(\.errorPercent).reduce(0, +) / Double(max(drawn.count, 1))
    }

    /// The standard deviation of the errors of drawn weights, in percentage points; 0 for a single
    /// draw.
    package var errorDeviation: Double {
        let drawn = drawn
        guard drawn.count > 1 else { return 0 }
        let squares = drawn.map { ($0.errorPercent - meanError) * ($0.errorPercent - meanError) }
        return (squares.reduce(0, +) / Double(drawn.count - 1)).squareRoot()
    }
}
