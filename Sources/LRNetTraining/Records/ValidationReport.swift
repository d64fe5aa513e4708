/// The result of one finished network on one split.
public struct DrawResult: Sendable, Equatable, Codable {
    /// Which draw, counted from 0.
    public var draw: Int
    /// Wrong samples.
    public var errorCount: Int
    /// Samples whose label is not among the five likeliest classes; `nil` where there are no more than
    /// five.
    public var topFiveErrorCount: Int?
    /// All samples.
    public var sampleCount: Int
    /// The mean cross-entropy in nats.
    public var loss: Double
    /// Wrong samples of each class; absent in checkpoints of earlier versions.
    public var classErrors: [Int]?
    /// Samples of each class.
    public var classCounts: [Int]?

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

    /// Wrong samples in percent.
    public var errorPercent: Double { percent(errorCount) }

    /// Samples whose label is not among the five likeliest classes, in percent.
    public var topFiveErrorPercent: Double? { topFiveErrorCount.map(percent) }

    private func percent(_ count: Int) -> Double {
        sampleCount == 0 ? 0 : 100 * Double(count) / Double(sampleCount)
    }
}

/// The results of all networks that were drawn at one step.
public struct ValidationReport: Sendable, Equatable, Codable {
    /// Steps trained.
    public var step: Int
    /// One result a draw.
    public var draws: [DrawResult]

    /// Creates a report.
    package init(step: Int, draws: [DrawResult]) {
        self.step = step
        self.draws = draws
    }

    /// The draw with the lowest error; the lowest-numbered of equals.
    public var best: DrawResult? {
        draws.min { ($0.errorCount, $0.draw) < ($1.errorCount, $1.draw) }
    }

    /// The mean error in percent.
    public var meanError: Double {
        draws.map(\.errorPercent).reduce(0, +) / Double(max(draws.count, 1))
    }

    /// The standard deviation of the errors, in points; 0 for a single draw.
    public var errorDeviation: Double {
        guard draws.count > 1 else { return 0 }
        let squares = draws.map { ($0.errorPercent - meanError) * ($0.errorPercent - meanError) }
        return (squares.reduce(0, +) / Double(draws.count - 1)).squareRoot()
    }
}
