internal import Foundation

/// The difference in test error between two methods, paired by image and by run: same test images,
/// same seed, same start.
///
/// With w_A(i, j) = 1 where run i of method A misclassifies image j, n runs and N images:
///
///     x(j) = 1/n sum over i of w_A(i, j) - w_B(i, j)        d(i) = 1/N sum over j of w_A(i, j) - w_B(i, j)
///     difference = mean of x
///     variance   = var(x) / N + var(d) / n
///
/// The first term is the variance due to the test images. For one pair of runs it is McNemar's,
/// where b and c count the images that only one of the two misclassifies:
///
///     (b + c - (b - c)^2 / N) / N^2
///
/// The second term is the variance due to the runs and their starts; it is 0 for one pair of runs.
///
/// - Source: McNemar, Psychometrika 1947.
package struct PairedErrors: Equatable {
    /// The error of the first method minus the error of the second, in percentage points.
    package let difference: Double

    /// The standard error of ``difference``, in percentage points.
    package let standardError: Double

    /// Compares methods run by run.
    ///
    /// - Returns: `nil` without runs, or if the numbers of images differ.
    package init?(_ first: [ErrorMask], _ second: [ErrorMask]) {
        let pairs = Array(zip(first, second))
        guard let count = first.first?.count, count > 0,
            (first + second).allSatisfy({ $0.count == count }), !pairs.isEmpty
        else { return nil }
        var byImage = [Double](repeating: 0, count: count)
        let byRun = pairs.map { a, b in
            var sum = 0
            for image in 0..<count where a[image] != b[image] {
                sum += a[image] ? 1 : -1
                byImage[image] += (a[image] ? 1 : -1) / Double(pairs.count)
            }
            return Double(sum) / Double(count)
        }
        let mean = byImage.reduce(0, +) / Double(count)
        let variance = Self.squares(byImage, about: mean) / Double(count) / Double(count)
        let runs = Double(byRun.count)
        let spread =
            byRun.count > 1 ? Self.squares(byRun, about: mean) / (runs - 1) / runs : 0
        difference = 100 * mean
        standardError = 100 * (variance + spread).squareRoot()
    }

    private static func squares(_ values: [Double], about mean: Double) -> Double {
        values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }

    /// Returns the number of standard errors that the largest of `count` differences exceeds by
    /// chance at most once in 20 times: the two-sided normal quantile of 5 % / count (Bonferroni).
    package static func limit(comparisons count: Int) -> Double {
        let share = 0.05 / Double(max(count, 1))
        var (low, high) = (0.0, 10.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if erfc(middle / 2.0.squareRoot()) > share { low = middle } else { high = middle }
        }
        return high
    }
}
