internal import Foundation

/// The difference of two methods that met the same test images, run by run: under the same seed, from the same
/// start.
///
/// With w_A(i, j) = 1 where run i of method A gets image j wrong, n runs and N images:
///
///     x(j) = 1/n sum over i of w_A(i, j) - w_B(i, j)        d(i) = 1/N sum over j of w_A(i, j) - w_B(i, j)
///     difference = mean of x
///     variance   = var(x) / N + var(d) / n
///
/// The first term is the test images', and for one pair of runs McNemar's: (b + c - (b - c)^2 / N) / N^2 with b
/// and c images that only one of the two gets wrong. The second is the runs', with their starts; 0 for one.
///
/// - Source: McNemar, Psychometrika 1947.
package struct PairedErrors: Equatable {
    /// The error of the first method less that of the second, in points.
    package let difference: Double

    /// Its standard error, in points.
    package let standardError: Double

    /// Compares methods run by run.
    ///
    /// - Returns: `nil` without runs, or where they met other numbers of images.
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

    /// Standard errors that the largest of `count` differences exceeds by chance once in 20 times, or less often:
    /// the two-sided normal quantile of 5 % / count (Bonferroni).
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
