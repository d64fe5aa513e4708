/// An error rate that was counted on images, and its confidence interval.
package struct ErrorRate: Sendable, Equatable {
    /// The number of misclassified images, which can be fractional for a mean over several
    /// networks.
    package var wrong: Double
    /// The total number of images.
    package var count: Int

    /// - Precondition: `count` is positive, and `wrong` is at least 0 and at most `count`.
    package init(wrong: Double, count: Int) {
        precondition(
            count > 0 && wrong >= 0 && wrong <= Double(count), "\(wrong) of \(count) images")
        self.wrong = wrong
        self.count = count
    }

    /// Creates a rate from an error in percent. The result is `nil` without a count, or if the
    /// error is missing or outside 0 ... 100.
    package init?(percent: Double?, count: Int?) {
        guard let percent, let count, count > 0, (0...100).contains(percent) else { return nil }
        self.init(wrong: percent / 100 * Double(count), count: count)
    }

    /// The share of misclassified images in percent.
    package var percent: Double { 100 * wrong / Double(count) }

    /// The two-sided 95 % quantile of the normal distribution.
    private static let quantile = 1.959_963_984_540_054

    /// The 95 % Wilson score interval of the error, in percent.
    ///
    /// Unlike the standard error, it does not shrink to zero if no image is misclassified.
    ///
    /// - Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    package var interval: ClosedRange<Double> {
        let (n, z) = (Double(count), Self.quantile)
        let share = wrong / n
        let scale = 1 + z * z / n
        let center = (share + z * z / (2 * n)) / scale
        let reach = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / scale
        // The ends are exact, without rounding errors.
        let low = wrong == 0 ? 0 : max(center - reach, 0)
        let high = wrong == n ? 1 : min(center + reach, 1)
        return 100 * low...100 * high
    }
}
