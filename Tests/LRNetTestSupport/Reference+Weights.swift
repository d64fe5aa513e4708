import Foundation

extension Reference {
    /// `1 / (1 + e^-x)`.
    package static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// A discrete distribution over weight values, from logits: (value, probability).
    package static func distribution(
        zeroLogit: Double?, signLogit: Double
    ) -> [(value: Double, probability: Double)] {
        let zero = zeroLogit.map(logistic) ?? 0
        // 1 - p0 as a logistic of its own, which keeps its digits where p0 is near 1.
        let nonZero = zeroLogit.map { logistic(-$0) } ?? 1
        return [
            (-1, nonZero * logistic(-signLogit)), (0, zero), (1, nonZero * logistic(signLogit)),
        ]
    }

    /// Mean and variance by summing over every value of the weight.
    package static func moments(
        zeroLogit: Double?, signLogit: Double
    ) -> (mean: Double, variance: Double) {
        let weights = distribution(zeroLogit: zeroLogit, signLogit: signLogit)
        let mean = weights.reduce(0) { $0 + $1.value * $1.probability }
        let variance = weights.reduce(0) {
            $0 + ($1.value - mean) * ($1.value - mean) * $1.probability
        }
        return (mean, variance)
    }

    /// The derivatives of the moments, in the formulas of METHODS 1.1 and 1.2.
    ///
    /// - Returns: d mean/da, d mean/db, d variance/da, d variance/db; those by `a` are 0 for a
    ///   binary weight.
    package static func momentDerivatives(
        zeroLogit: Double?, signLogit: Double
    ) -> (meanByZero: Double, meanBySign: Double, varianceByZero: Double, varianceBySign: Double) {
        let zero = zeroLogit.map(logistic) ?? 0
        let nonZero = zeroLogit.map { logistic(-$0) } ?? 1
        let q = logistic(signLogit)
        let slope = q * logistic(-signLogit)
        let mean = moments(zeroLogit: zeroLogit, signLogit: signLogit).mean
        return (
            -zero * mean, 2 * nonZero * slope,
            -zero * nonZero + 2 * zero * mean * mean, -4 * mean * nonZero * slope
        )
    }

    /// A relaxed ternary weight from three uniform numbers, for the values -1, 0 and +1:
    /// `y = softmax((log p + g) / t)`, `w = y+ - y-`, g = -log(-log u).
    package static func gumbelTernary(
        zeroLogit: Double, signLogit: Double, temperature: Double, uniforms: [Double]
    ) -> Double {
        let p = distribution(zeroLogit: zeroLogit, signLogit: signLogit).map(\.probability)
        let scores = zip(p, uniforms).map { (log($0) - log(-log($1))) / temperature }
        let y = logSoftmax(scores).map { exp($0) }
        return y[2] - y[0]
    }

    /// A relaxed binary weight from one uniform number: `tanh((b + log u - log(1 - u)) / (2 t))`.
    package static func gumbelBinary(
        signLogit: Double, temperature: Double, uniform u: Double
    ) -> Double {
        tanh((signLogit + log(u) - log(1 - u)) / (2 * temperature))
    }

    /// Ternary Weight Networks: T and its scale.
    package static func ternarize(_ w: [Double]) -> (ternary: [Double], scale: Double) {
        let threshold = 0.7 * w.reduce(0) { $0 + abs($1) } / Double(max(w.count, 1))
        let kept = w.filter { abs($0) > threshold }
        let scale = kept.isEmpty ? 0 : kept.reduce(0) { $0 + abs($1) } / Double(kept.count)
        return (w.map { $0 > threshold ? 1 : $0 < -threshold ? -1 : 0 }, scale)
    }
}
