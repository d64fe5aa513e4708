/// An error that was counted on images, and the range that it speaks for.
package struct ErrorRate: Sendable, Equatable {
    /// Wrong images; a mean over several networks need not be whole.
    package var wrong: Double
    /// All images.
    package var count: Int

    /// Creates a rate.
    ///
    /// - Precondition: There is at least one image, and no more wrong ones than images.
    package init(wrong: Double, count: Int) {
        precondition(
            count > 0 && wrong >= 0 && wrong <= Double(count), "\(wrong) of \(count) images")
        self.wrong = wrong
        self.count = count
    }

    /// A rate from an error in percent; `nil` without a count or for an error that is not one.
    package init?(percent: Double?, count: Int?) {
        guard let percent, let count, count > 0, (0...100).contains(percent) else { return nil }
        self.init(wrong: percent / 100 * Double(count), count: count)
    }

    /// The share of wrong images, in percent.
    package var percent: Double { 100 * wrong / Double(count) }

    /// The two-sided 95 % quantile of the normal distribution.
    private static let quantile = 1.959_963_984_540_054

    /// The 95 % Wilson score interval of the error, in percent.
    ///
    /// Unlike the standard error it does not shrink to nothing where no image is wrong.
    ///
    /// - Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    package var interval: ClosedRange<Double> {
        let (n, z) = (Double(count), Self.quantile)
        let share = wrong / n
        let scale = 1 + z * z / n
        let center = (share + z * z / (2 * n)) / scale
        let reach = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / scale
        // Exact at the ends, where rounding would leave a trace.
        let low = wrong == 0 ? 0 : max(center - reach, 0)
        let high = wrong == n ? 1 : min(center + reach, 1)
        return 100 * low...100 * high
    }
}
