internal import Foundation
internal import LRNetSupport

/// Losses of one sample that treat each class separately: t = +1 for the label's class, else -1.
package enum MarginKernels {
    /// Computes the mean over classes of the squared hinge loss.
    ///
    ///     loss = 1 / C sum over c of max(0, 1 - t z)^2
    ///     gradient[c] = -gradientScale 2 t max(0, 1 - t z) / C
    ///
    /// Sums run over the classes in order, in Double.
    ///
    /// - Parameters:
    ///   - logits: `z`, shape `[classes]`.
    ///   - label: In `0 ..< classes`.
    ///   - gradient: Overwritten unless `nil`; may be the same view as `logits`.
    package static func squaredHinge(
        logits: FloatView, label: Int, gradientScale: Float = 1, gradient: FloatView? = nil
    ) -> SoftmaxKernels.SampleResult {
        let share = 1 / Double(max(logits.count, 1))
        return each(logits, label: label, gradientScale, gradient) { z, t in
            let gap = max(0, 1 - t * z)
            // NaN is handled explicitly, so that it stays NaN.
            return z.isNaN ? (z, z) : (share * gap * gap, -2 * t * gap * share)
        }
    }

    /// Computes the negative log-likelihood of the signs, if class c is the label's class with
    /// probability Phi(z).
    ///
    ///     loss = - sum over c of log Phi(t z)
    ///     gradient[c] = -gradientScale t phi(z) / Phi(t z)
    ///
    /// - Parameters: The same as for ``squaredHinge(logits:label:gradientScale:gradient:)``.
    /// - Source: Soudry, Hubara, Meir, *Expectation Backpropagation*, NIPS 2014, the output layer.
    package static func probit(
        logits: FloatView, label: Int, gradientScale: Float = 1, gradient: FloatView? = nil
    ) -> SoftmaxKernels.SampleResult {
        each(logits, label: label, gradientScale, gradient) { z, t in
            let (logarithm, ratio) = logDistribution(t * z)
            return (-logarithm, -t * ratio)
        }
    }

    /// Returns log Phi(x) and phi(x) / Phi(x). Below -8 they are computed from the first terms of
    /// their asymptotic series, which are accurate to 1e-5 there.
    private static func logDistribution(_ x: Double) -> (logarithm: Double, ratio: Double) {
        let logDensity = -x * x / 2 - 0.5 * log(2 * Double.pi)
        if x < -8 {
            let inverse = 1 / (x * x)
            let series = 1 - inverse + 3 * inverse * inverse
            return (logDensity + log(series / -x), -x / series)
        }
        let value = 0.5 * erfc(-x * 0.5.squareRoot())
        return (log(value), exp(logDensity) / value)
    }

    /// Sums the losses that `term` returns for the classes, and stores its slopes.
    private static func each(
        _ logits: FloatView, label: Int, _ gradientScale: Float, _ gradient: FloatView?,
        _ term: (_ z: Double, _ t: Double) -> (loss: Double, slope: Double)
    ) -> SoftmaxKernels.SampleResult {
        let classes = logits.count
        precondition(
            label >= 0 && label < classes && (gradient?.count ?? classes) == classes,
            "label \(label) of \(classes) classes")
        let z = logits.pointer
        var best = 0
        for c in 1..<max(classes, 1) where z[c] > z[best] { best = c }
        let position = SoftmaxKernels.position(of: label, in: logits)
        var loss = 0.0
        for c in 0..<classes {
            let (share, slope) = term(Double(z[c]), c == label ? 1 : -1)
            loss += share
            gradient?.pointer[c] = Float(Double(gradientScale) * slope)
        }
        return SoftmaxKernels.SampleResult(loss: loss, prediction: best, labelPosition: position)
    }
}
