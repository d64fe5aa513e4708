internal import LRNetSupport

/// The mean and variance of discrete weights, computed from the logits of their distributions, and
/// the gradients of those logits.
///
/// Ternary, with zero logit `a` and sign logit `b`, p0 = logistic(a), q = logistic(b):
///
///     mean = (1 - p0)(2q - 1)                       variance = (1 - p0) - mean^2
///     d mean/da = -p0 mean                          d mean/db = 2 (1 - p0) q (1 - q)
///     d variance/da = -p0 (1 - p0) + 2 p0 mean^2    d variance/db = -4 mean (1 - p0) q (1 - q)
///
/// Binary, with sign logit `b`:
///
///     mean = 2q - 1         variance = 1 - mean^2 = 4 q (1 - q)
///     d mean/db = 2 q (1 - q)      d variance/db = -4 mean q (1 - q)
///
/// All views of a call have the same count. Outputs must not overlap inputs.
///
/// Naive twins: `Reference.moments` and `Reference.pullBack`.
///
/// - Source: Shayer, Levi, Fetaya, ICLR 2018, section 3; the derivatives were checked by finite
///   differences.
package enum WeightMoments {
    /// Computes the moments of ternary weights.
    package static func ternary(
        zeroLogit: FloatView, signLogit: FloatView, mean: FloatView, variance: FloatView
    ) {
        let count = zeroLogit.count
        requireEqual(count, [signLogit, mean, variance])
        let (a, b) = (zeroLogit.pointer, signLogit.pointer)
        let (m, v) = (mean.pointer, variance.pointer)
        forEachVector(count) { i, lanes in
            let w = Ternary(load(a + i, lanes), load(b + i, lanes))
            store(w.mean, m + i, lanes)
            store(w.variance, v + i, lanes)
        }
    }

    /// Computes the gradient of the ternary logits from the gradient of the moments.
    package static func ternaryPullBack(
        zeroLogit: FloatView, signLogit: FloatView, meanGradient: FloatView,
        varianceGradient: FloatView, zeroLogitGradient: FloatView, signLogitGradient: FloatView
    ) {
        let count = zeroLogit.count
        requireEqual(
            count,
            [signLogit, meanGradient, varianceGradient, zeroLogitGradient, signLogitGradient])
        let (a, b) = (zeroLogit.pointer, signLogit.pointer)
        let (dm, dv) = (meanGradient.pointer, varianceGradient.pointer)
        let (da, db) = (zeroLogitGradient.pointer, signLogitGradient.pointer)
        let two = Vector(repeating: 2)
        forEachVector(count) { i, lanes in
            let w = Ternary(load(a + i, lanes), load(b + i, lanes))
            let meanShare = load(dm + i, lanes)
            let varianceShare = load(dv + i, lanes)
            let meanByZero = -w.zero * w.mean
            let varianceByZero = w.zero * (two * w.mean * w.mean - w.nonZero)
            let meanBySign = two * w.nonZero * w.plus * w.minus
            let varianceBySign = -two * w.mean * meanBySign
            store(
                meanShare * meanByZero + varianceShare * varianceByZero, da + i, lanes)
            store(
                meanShare * meanBySign + varianceShare * varianceBySign, db + i, lanes)
        }
    }

    /// Computes the moments of binary weights.
    package static func binary(signLogit: FloatView, mean: FloatView, variance: FloatView) {
        let count = signLogit.count
        requireEqual(count, [mean, variance])
        let b = signLogit.pointer
        let (m, v) = (mean.pointer, variance.pointer)
        forEachVector(count) { i, lanes in
            let (plus, minus) = logisticPair(load(b + i, lanes))
            store(plus - minus, m + i, lanes)
            store(Vector(repeating: 4) * plus * minus, v + i, lanes)
        }
    }

    /// Computes the gradient of the binary logits from the gradient of the moments.
    package static func binaryPullBack(
        signLogit: FloatView, meanGradient: FloatView, varianceGradient: FloatView,
        signLogitGradient: FloatView
    ) {
        let count = signLogit.count
        requireEqual(count, [meanGradient, varianceGradient, signLogitGradient])
        let b = signLogit.pointer
        let (dm, dv) = (meanGradient.pointer, varianceGradient.pointer)
        let db = signLogitGradient.pointer
        let two = Vector(repeating: 2)
        forEachVector(count) { i, lanes in
            let (plus, minus) = logisticPair(load(b + i, lanes))
            let meanBySign = two * plus * minus
            let varianceBySign = -two * (plus - minus) * meanBySign
            let gradient =
                load(dm + i, lanes) * meanBySign + load(dv + i, lanes) * varianceBySign
            store(gradient, db + i, lanes)
        }
    }

    /// Adds the gradient of the beta regularizer `strength * sum of q (1 - q)`, q = logistic(b).
    /// The gradient is `strength * q (1 - q)(1 - 2q)`.
    ///
    /// - Source: Shayer, Levi, Fetaya, ICLR 2018, the beta regularizer of binary weights.
    package static func addBetaGradient(
        signLogit: FloatView, strength: Float, to gradient: FloatView
    ) {
        requireEqual(signLogit.count, [gradient])
        let (b, g) = (signLogit.pointer, gradient.pointer)
        let factor = Vector(repeating: strength)
        forEachVector(signLogit.count) { i, lanes in
            let (plus, minus) = logisticPair(load(b + i, lanes))
            store(load(g + i, lanes) + factor * plus * minus * (minus - plus), g + i, lanes)
        }
    }

    /// Computes `probability = logistic(logit)`.
    package static func probability(ofLogit logit: FloatView, into probability: FloatView) {
        requireEqual(logit.count, [probability])
        let (x, y) = (logit.pointer, probability.pointer)
        forEachVector(logit.count) { i, lanes in
            store(logisticPair(load(x + i, lanes)).0, y + i, lanes)
        }
    }

    /// One vector of ternary weights. Probabilities and their complements are both computed from
    /// the logit, so neither loses digits when the other is near 1.
    private struct Ternary {
        let zero, nonZero, plus, minus, mean, variance: Vector

        @inline(__always)
        init(_ a: Vector, _ b: Vector) {
            (zero, nonZero) = logisticPair(a)
            (plus, minus) = logisticPair(b)
            mean = nonZero * (plus - minus)
            // (1 - p0) - mean^2 = (1 - p0)(p0 + 4 (1 - p0) q (1 - q)), a sum of positive terms.
            variance = nonZero * (zero + Vector(repeating: 4) * nonZero * plus * minus)
        }
    }

    private static func requireEqual(_ count: Int, _ views: [FloatView]) {
        for view in views {
            precondition(view.count == count, "\(view.count) values, expected \(count)")
        }
    }
}
