/// The result of one finished network on one split.
package struct DrawResult: Sendable, Equatable, Codable {
    /// Which draw, counted from 0.
    package var draw: Int
    /// Wrong samples.
    package var errorCount: Int
    /// Samples whose label is not among the five likeliest classes; `nil` where there are no more than
    /// five.
    package var topFiveErrorCount: Int?
    /// All samples.
    package var sampleCount: Int
    /// The mean cross-entropy in nats.
    package var loss: Double
    /// Wrong samples of each class; absent in checkpoints of earlier versions.
    package var classErrors: [Int]?
    /// Samples of each class.
    package var classCounts: [Int]?
    /// The weights were the likeliest values instead of drawn ones; absent where they were drawn, and in
    /// checkpoints of earlier versions.
    package var isLikeliest: Bool?

    /// Creates a result.
    package init(
        draw: Int, errorCount: Int, topFiveErrorCount: Int? = nil, sampleCount: Int, loss: Double
    ) {
        self.draw = draw
        self.errorCount = errorCount
        self.topFiveErrorCount = topFiveErrorCount
        self.sampleCount = sampleCount
        self.loss = loss
    }

    /// Notes which network this is the result of.
    mutating func name(_ candidate: Candidate) {
        draw = candidate.number
        isLikeliest = candidate.isLikeliest ? true : nil
    }

    /// Fewer errors, or as many and a lower loss.
    ///
    /// Errors are few, so networks often have equally many; the loss tells more of them apart.
    package func isBetter(than other: DrawResult) -> Bool {
        (errorCount, order) < (other.errorCount, other.order)
    }

    /// The loss, in an order that has a place for what is not a number.
    private var order: Double { loss.isNaN ? .infinity : loss }

    /// Wrong samples in percent.
    package var errorPercent: Double { percent(errorCount) }

    /// Samples whose label is not among the five likeliest classes, in percent.
    package var topFiveErrorPercent: Double? { topFiveErrorCount.map(percent) }

    private func percent(_ count: Int) -> Double {
        sampleCount == 0 ? 0 : 100 * Double(count) / Double(sampleCount)
    }
}

/// The results of all networks that were drawn at one step.
package struct ValidationReport: Sendable, Equatable, Codable {
    /// Steps trained.
    package var step: Int
    /// One result a draw.
    package var draws: [DrawResult]

    /// Creates a report.
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

    /// The results of drawn weights; all, where there are none.
    package var drawn: [DrawResult] {
        let drawn = draws.filter { $0.isLikeliest != true }
        return drawn.isEmpty ? draws : drawn
    }

    /// The mean error of drawn weights in percent.
    package var meanError: Double {
        drawn.map(\.errorPercent).reduce(0, +) / Double(max(drawn.count, 1))
    }

    /// The standard deviation of the errors of drawn weights, in points; 0 for a single draw.
    package var errorDeviation: Double {
        let drawn = drawn
        guard drawn.count > 1 else { return 0 }
        let squares = drawn.map { ($0.errorPercent - meanError) * ($0.errorPercent - meanError) }
        return (squares.reduce(0, +) / Double(drawn.count - 1)).squareRoot()
    }
}
