internal import Foundation

/// Measures the distance between two distributions.
package enum Divergence {
    /// Returns the Jensen-Shannon divergence of two distributions over the same bins, in bits: 0 if
    /// they are equal, 1 if they do not overlap.
    ///
    ///     JS(p, q) = (KL(p, m) + KL(q, m)) / 2        m = (p + q) / 2
    ///     KL(p, m) = sum over i of p[i] log2(p[i] / m[i])
    ///
    /// - Precondition: The counts are equal, values are not negative, and each sum is 1 except for
    ///   rounding.
    /// - Source: Lin, Divergence measures based on the Shannon entropy, 1991.
    package static func jensenShannon(_ p: [Double], _ q: [Double]) -> Double {
        precondition(p.count == q.count, "\(p.count) and \(q.count) bins")
        var sum = 0.0
        for (a, b) in zip(p, q) {
            let m = (a + b) / 2
            if a > 0 { sum += a * log2(a / m) }
            if b > 0 { sum += b * log2(b / m) }
        }
        return max(sum / 2, 0)
    }

    /// Returns the approximate ``jensenShannon(_:_:)`` between a distribution and a sample of it
    /// that is due to chance alone: `(k - 1) / (8 n ln 2)` bits for `n` values in `k` bins that are
    /// not empty.
    ///
    /// The formula follows from KL(p, m) for close p and q, which is chi-squared / (8 n) in nats
    /// for each side.
    package static func jensenShannonOfChance(bins: Int, count: Int) -> Double {
        Double(max(bins - 1, 0)) / (8 * Double(max(count, 1)) * log(2))
    }
}

/// A normal distribution.
package struct Gaussian: Sendable {
    package var mean: Double
    /// The standard deviation, which is positive.
    package var deviation: Double

    package init(mean: Double, deviation: Double) {
        precondition(deviation > 0, "a deviation of \(deviation)")
        self.mean = mean
        self.deviation = deviation
    }

    package func density(_ x: Double) -> Double {
        let z = (x - mean) / deviation
        return exp(-z * z / 2) / (deviation * (2 * .pi).squareRoot())
    }

    /// Returns the probability of values below `x`.
    package func below(_ x: Double) -> Double {
        erfc((mean - x) / (deviation * 2.0.squareRoot())) / 2
    }

    /// Returns the probabilities of bins. The first and the last bin include everything beyond the
    /// edges.
    package func shares(_ edges: [Double]) -> [Double] {
        guard edges.count > 2 else { return [1] }
        let borders = edges.dropFirst().dropLast().map(below)
        return zip(borders + [1], [0] + borders).map { $0 - $1 }
    }
}
