/// Weights that are computed from latent ones, and the normal distribution of their sums.
extension Reference {
    /// Returns the standard normal distribution function at `x`.
    public static func normalDistribution<Real: RealNumber>(_ x: Real) -> Real {
        0.5 * Real.erfc(-x * (0.5 as Real).squareRoot())
    }

    /// Returns the standard normal density at `x`.
    public static func normalDensity<Real: RealNumber>(_ x: Real) -> Real {
        Real.exp(-x * x / 2) / (2 * Real.pi).squareRoot()
    }

    /// Returns the mean magnitude of each column's weights, and the weights as scaled signs: the
    /// twin of `FilterWeights`.
    public static func filterSigns<Real: RealNumber>(
        _ w: [Real], outputs: Int
    ) -> (scales: [Real], weights: [Real]) {
        let rows = w.count / outputs
        let scales = (0..<outputs).map { o in
            (0..<rows).reduce(0) { $0 + abs(w[$1 * outputs + o]) } / Real(rows)
        }
        return (
            scales, w.enumerated().map { $1 >= 0 ? scales[$0 % outputs] : -scales[$0 % outputs] }
        )
    }

    /// Returns the ternary weights `T` of Ternary Weight Networks and their scale: the twin of
    /// `ThresholdWeights`.
    public static func ternarize<Real: RealNumber>(
        _ w: [Real]
    ) -> (ternary: [Real], scale: Real) {
        let threshold = 0.7 * w.reduce(0) { $0 + abs($1) } / Real(max(w.count, 1))
        let kept = w.filter { abs($0) > threshold }
        let scale = kept.isEmpty ? 0 : kept.reduce(0) { $0 + abs($1) } / Real(kept.count)
        return (w.map { $0 > threshold ? 1 : $0 < -threshold ? -1 : 0 }, scale)
    }
}
