internal import Foundation

/// How far two distributions are apart.
package enum Divergence {
    /// The Jensen-Shannon divergence of two distributions over the same bins, in bits: 0 for equal
    /// ones, 1 for such that have nothing in common.
    ///
    ///     JS(p, q) = (KL(p, m) + KL(q, m)) / 2        m = (p + q) / 2
    ///     KL(p, m) = sum over i of p[i] log2(p[i] / m[i])
    ///
    /// - Precondition: The counts agree; values are not negative, and each sum is 1 but for rounding.
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

    /// About what ``jensenShannon(_:_:)`` is between a distribution and a sample of it, from chance
    /// alone: `(k - 1) / (8 n ln 2)` bits for `n` values in `k` bins that are not empty.
    ///
    /// From KL(p, m) of close p and q, which is chi-squared / (8 n) in nats on each side.
    package static func jensenShannonOfChance(bins: Int, count: Int) -> Double {
        Double(max(bins - 1, 0)) / (8 * Double(max(count, 1)) * log(2))
    }
}

/// The normal distribution.
package struct Gaussian: Sendable {
    /// The mean.
    package var mean: Double
    /// The standard deviation; positive.
    package var deviation: Double

    /// Creates a distribution.
    package init(mean: Double, deviation: Double) {
        precondition(deviation > 0, "a deviation of \(deviation)")
        self.mean = mean
        self.deviation = deviation
    }

    /// The density at a place.
    package func density(_ x: Double) -> Double {
        let z = (x - mean) / deviation
        return exp(-z * z / 2) / (deviation * (2 * .pi).squareRoot())
    }

    /// The probability of values below a place.
    package func below(_ x: Double) -> Double {
        erfc((mean - x) / (deviation * 2.0.squareRoot())) / 2
    }

    /// The probabilities of bins, those at the ends with all that lies beyond.
    package func shares(_ edges: [Double]) -> [Double] {
        guard edges.count > 2 else { return [1] }
        let borders = edges.dropFirst().dropLast().map(below)
        return zip(borders + [1], [0] + borders).map { $0 - $1 }
    }
}
