internal import LRNetSupport

/// Statistics of the distributions of discrete weights. They show how close the weights are to a
/// decision.
///
/// A weight is 0 with probability `p0`, +1 with probability `p1` and -1 otherwise.
package enum DistributionStatistics {
    /// Sums over a set of weights.
    package struct Totals: Sendable, Equatable {
        /// The sum of the weights' entropies, in nats.
        package var entropy = 0.0
        /// The number of weights whose most likely value reaches the required probability.
        package var saturatedCount = 0

        package init() {}
    }

    /// The number of values that are summed in Float32 before the sum is added to a total in
    /// Float64.
    private static let stretch = 1 << 10

    /// Sums the entropies and counts the weights that are nearly decided.
    ///
    ///     entropy = -(p0 ln p0 + p1 ln p1 + p2 ln p2)        with p2 = max(1 - p0 - p1, 0)
    ///
    /// The logarithm of a probability below 1e-30 is taken as ln 1e-30, so its term is practically
    /// 0. The order of the sum depends on the count alone.
    ///
    /// - Parameters:
    ///   - zero: `p0` of each weight.
    ///   - plus: `p1` of each weight.
    ///   - saturation: The probability that the most likely value must reach.
    /// - Precondition: The counts agree.
    package static func totals(
        zero: FloatView, plus: FloatView, saturation: Float
    ) -> Totals {
        precondition(
            zero.count == plus.count, "\(zero.count) and \(plus.count) probabilities")
        var totals = Totals()
        let (one, nothing) = (Vector(repeating: 1), Vector(repeating: 0))
        let least = Vector(repeating: 1e-30)
        let limit = Vector(repeating: saturation)
        for start in stride(from: 0, to: zero.count, by: stretch) {
            let count = min(stretch, zero.count - start)
            let (p0s, p1s) = (zero.pointer + start, plus.pointer + start)
            var sum = nothing
            var saturated = Vector(repeating: 0)
            forEachVector(count) { i, lanes in
                let (p0, p1) = (load(p0s + i, lanes), load(p1s + i, lanes))
                // Lanes past the end have p2 = 1 and so no entropy.
                let p2 = larger(one - p0 - p1, nothing)
                sum -= p0 * logarithm(larger(p0, least))
                sum -= p1 * logarithm(larger(p1, least))
                sum -= p2 * logarithm(larger(p2, least))
                let isSaturated = larger(larger(p0, p1), p2) .>= limit
                saturated += nothing.replacing(with: one, where: isSaturated)
                if lanes < laneCount { saturated -= missing(lanes) }
            }
            totals.entropy += Double(sum.sum())
            totals.saturatedCount += Int(saturated.sum())
        }
        return totals
    }

    /// Counts the new values that differ from the old ones, and the new values that are 0.
    ///
    /// - Precondition: The counts agree.
    package static func changes(
        from old: FloatView, to new: FloatView
    ) -> (changed: Int, zeros: Int) {
        precondition(old.count == new.count, "\(old.count) old and \(new.count) new values")
        let (one, nothing) = (Vector(repeating: 1), Vector(repeating: 0))
        var (changedCount, zeroCount) = (0, 0)
        for start in stride(from: 0, to: new.count, by: stretch) {
            let (olds, news) = (old.pointer + start, new.pointer + start)
            var (changed, zeros) = (nothing, nothing)
            forEachVector(min(stretch, new.count - start)) { i, lanes in
                let (a, b) = (load(olds + i, lanes), load(news + i, lanes))
                changed += nothing.replacing(with: one, where: a .!= b)
                zeros += nothing.replacing(with: one, where: b .== nothing)
                if lanes < laneCount { zeros -= missing(lanes) }
            }
            changedCount += Int(changed.sum())
            zeroCount += Int(zeros.sum())
        }
        return (changedCount, zeroCount)
    }

    /// Returns 1 in the lanes from `lanes` on, 0 in the others.
    private static func missing(_ lanes: Int) -> Vector {
        var vector = Vector(repeating: 0)
        for lane in lanes..<laneCount { vector[lane] = 1 }
        return vector
    }

    /// Counts probabilities in bins of equal width over 0 ... 1. A probability of 1 falls into the
    /// last bin.
    ///
    /// - Precondition: `bins` is positive.
    package static func histogram(_ probabilities: FloatView, bins: Int) -> [Int] {
        precondition(bins > 0, "\(bins) bins")
        var counts = [Int](repeating: 0, count: bins)
        let (p, scale) = (probabilities.pointer, Float(bins))
        for i in 0..<probabilities.count {
            counts[min(max(Int(p[i] * scale), 0), bins - 1)] += 1
        }
        return counts
    }
}
