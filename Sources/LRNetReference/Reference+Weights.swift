/// Distributions of weights, their moments, and relaxed draws from them.
extension Reference {
    /// Returns `1 / (1 + e^-x)`.
    @inlinable
    public static func logistic<Real: RealNumber>(_ x: Real) -> Real { 1 / (1 + Real.exp(-x)) }

    /// Returns `1 / (1 + e^-x)` and its complement, which does not lose digits when the logistic is
    /// near 1.
    @inlinable
    public static func odds<Real: RealNumber>(_ x: Real) -> (yes: Real, no: Real) {
        let inverse = Real.exp(-x)
        let yes = 1 / (1 + inverse)
        return (yes, inverse * yes)
    }

    /// The probabilities of the values -1, 0 and +1 of a weight.
    public struct Probabilities<Real: RealNumber> {
        /// The probabilities of the values, and `q` and `1 - q` of the sign if the weight is not 0.
        public let minus, zero, plus, nonZero, q, rest: Real

        /// - Parameter zeroLogit: `nil` for a binary weight.
        @inlinable
        public init(zeroLogit: Real?, signLogit: Real) {
            let (q, rest) = odds(signLogit)
            let (zero, nonZero) = zeroLogit.map { odds($0) } ?? (0, 1)
            (self.q, self.rest) = (q, rest)
            (self.zero, self.nonZero) = (zero, nonZero)
            (minus, plus) = (nonZero * rest, nonZero * q)
        }

        /// The sum of the values, each times its probability.
        @inlinable public var mean: Real { -1 * minus + 0 * zero + 1 * plus }

        /// The sum of the values' squared distances from the mean, each times its probability.
        @inlinable public var variance: Real {
            let mean = mean
            let (below, above) = (-1 - mean, 1 - mean)
            return below * below * minus + mean * mean * zero + above * above * plus
        }
    }

    /// Returns the distribution of a weight as pairs of value and probability, computed from its
    /// logits.
    public static func distribution<Real: RealNumber>(
        zeroLogit: Real?, signLogit: Real
    ) -> [(value: Real, probability: Real)] {
        let p = Probabilities(zeroLogit: zeroLogit, signLogit: signLogit)
        return [(-1, p.minus), (0, p.zero), (1, p.plus)]
    }

    /// Returns the mean and variance, summed over every value of the weight: the twin of
    /// `WeightMoments`.
    @inlinable
    public static func moments<Real: RealNumber>(
        zeroLogit: Real?, signLogit: Real
    ) -> (mean: Real, variance: Real) {
        let p = Probabilities(zeroLogit: zeroLogit, signLogit: signLogit)
        return (p.mean, p.variance)
    }

    /// Computes the moments of ternary weights.
    @inlinable
    public static func moments<Real: RealNumber>(
        zeroLogit: [Real], signLogit: [Real], mean: inout [Real], variance: inout [Real]
    ) {
        let count = zeroLogit.count
        precondition(signLogit.count == count && mean.count == count && variance.count == count)
        let (zeroLogit, signLogit) = (zeroLogit.span, signLogit.span)
        var means = mean.mutableSpan
        var variances = variance.mutableSpan
        for i in 0..<count {
            let (mean, variance) = moments(
                zeroLogit: zeroLogit[unchecked: i], signLogit: signLogit[unchecked: i])
            means[unchecked: i] = mean
            variances[unchecked: i] = variance
        }
    }

    /// Returns the derivatives of the moments, by the formulas of METHODS 1.1 and 1.2.
    ///
    /// - Returns: d mean/da, d mean/db, d variance/da, d variance/db; the derivatives with respect
    ///   to `a` are 0 for a binary weight.
    @inlinable
    public static func momentDerivatives<Real: RealNumber>(
        zeroLogit: Real?, signLogit: Real
    ) -> (meanByZero: Real, meanBySign: Real, varianceByZero: Real, varianceBySign: Real) {
        let p = Probabilities(zeroLogit: zeroLogit, signLogit: signLogit)
        let (mean, slope) = (p.mean, p.q * p.rest)
        return (
            -p.zero * mean, 2 * p.nonZero * slope,
            -p.zero * p.nonZero + 2 * p.zero * mean * mean, -4 * mean * p.nonZero * slope
        )
    }

    /// Returns the gradients of a weight's logits, by the chain rule: the twin of
    /// `WeightMoments`'s `ternaryPullBack` and, without a zero logit, `binaryPullBack`.
    @inlinable
    public static func pullBack<Real: RealNumber>(
        zeroLogit: Real?, signLogit: Real, meanGradient: Real, varianceGradient: Real
    ) -> (zeroLogit: Real, signLogit: Real) {
        let slopes = momentDerivatives(zeroLogit: zeroLogit, signLogit: signLogit)
        return (
            meanGradient * slopes.meanByZero + varianceGradient * slopes.varianceByZero,
            meanGradient * slopes.meanBySign + varianceGradient * slopes.varianceBySign
        )
    }

    /// Computes the gradients of ternary weights' logits.
    @inlinable
    public static func pullBack<Real: RealNumber>(
        zeroLogit: [Real], signLogit: [Real], meanGradient: [Real], varianceGradient: [Real],
        zeroLogitGradient: inout [Real], signLogitGradient: inout [Real]
    ) {
        let count = zeroLogit.count
        precondition(
            signLogit.count == count && meanGradient.count == count
                && varianceGradient.count == count && zeroLogitGradient.count == count
                && signLogitGradient.count == count)
        let (zeroLogit, signLogit) = (zeroLogit.span, signLogit.span)
        let (meanGradient, varianceGradient) = (meanGradient.span, varianceGradient.span)
        var zeroGradients = zeroLogitGradient.mutableSpan
        var signGradients = signLogitGradient.mutableSpan
        for i in 0..<count {
            let (zero, sign) = pullBack(
                zeroLogit: zeroLogit[unchecked: i], signLogit: signLogit[unchecked: i],
                meanGradient: meanGradient[unchecked: i],
                varianceGradient: varianceGradient[unchecked: i])
            zeroGradients[unchecked: i] = zero
            signGradients[unchecked: i] = sign
        }
    }

    /// Returns a relaxed ternary weight from three uniform numbers, for the values -1, 0 and +1:
    /// `y = softmax((log p + g) / t)`, `w = y+ - y-`, g = -log(-log u). The twin of
    /// `GumbelWeights`'s `ternary`.
    public static func gumbelTernary<Real: RealNumber>(
        zeroLogit: Real, signLogit: Real, temperature: Real, uniforms: [Real]
    ) -> Real {
        let p = distribution(zeroLogit: zeroLogit, signLogit: signLogit).map(\.probability)
        let scores = zip(p, uniforms).map {
            (Real.log($0) - Real.log(-Real.log($1))) / temperature
        }
        let y = logSoftmax(scores).map { Real.exp($0) }
        return y[2] - y[0]
    }

    /// Returns a relaxed binary weight from one uniform number:
    /// `tanh((b + log u - log(1 - u)) / (2 t))`. The twin of `GumbelWeights`'s `binary`.
    public static func gumbelBinary<Real: RealNumber>(
        signLogit: Real, temperature: Real, uniform u: Real
    ) -> Real {
        Real.tanh((signLogit + Real.log(u) - Real.log(1 - u)) / (2 * temperature))
    }
}
