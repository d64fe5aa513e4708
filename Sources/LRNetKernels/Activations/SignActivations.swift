internal import Foundation
internal import LRNetSupport

/// Activations of -1 and +1.
package enum SignActivations {
    /// Computes `output = +1 where input >= 0, else -1`; the two may be the same view.
    ///
    /// - Precondition: The counts agree.
    package static func forward(_ input: FloatView, into output: FloatView) {
        SignWeights.binarize(input, into: output)
    }

    /// Sets `gradient` to 0 where `|input| > 1`: the gradient of hard tanh replaces the gradient of
    /// the sign.
    ///
    /// - Precondition: The counts agree.
    /// - Source: Hubara, Courbariaux, Soudry, El-Yaniv, Bengio, NIPS 2016, equation 4.
    package static func maskGradient(_ gradient: FloatView, input: FloatView) {
        precondition(
            gradient.count == input.count, "\(gradient.count) and \(input.count) values")
        let (g, x) = (gradient.pointer, input.pointer)
        let one = Vector(repeating: 1)
        let zero = Vector(repeating: 0)
        forEachVector(gradient.count) { i, lanes in
            let value = load(x + i, lanes)
            let isOutside = larger(value, -value) .> one
            store(load(g + i, lanes).replacing(with: zero, where: isOutside), g + i, lanes)
        }
    }

    // MARK: Expectation backpropagation

    /// Divides means by standard deviations and stores the inverse deviations for the backward
    /// pass.
    ///
    ///     z[i] = mean[i] / sqrt(variance[i] + offset)        r[i] = 1 / sqrt(variance[i] + offset)
    ///
    /// - Parameters:
    ///   - mean: Overwritten with `z`.
    ///   - variance: Overwritten with `r`.
    ///   - offset: Added to each variance; makes every sum positive.
    /// - Precondition: The counts agree.
    package static func standardize(mean: FloatView, variance: FloatView, offset: Float) {
        precondition(
            mean.count == variance.count, "\(mean.count) means and \(variance.count) variances")
        let (m, v) = (mean.pointer, variance.pointer)
        let one = Vector(repeating: 1)
        let shift = Vector(repeating: offset)
        forEachVector(mean.count) { i, lanes in
            let inverse = one / squareRoot(load(v + i, lanes) + shift)
            store(load(m + i, lanes) * inverse, m + i, lanes)
            store(inverse, v + i, lanes)
        }
    }

    /// Computes the mean of the sign of a Gaussian with mean `z` and standard deviation 1:
    ///
    ///     output = 2 Phi(z) - 1 = erf(z / sqrt 2)
    ///
    /// - Precondition: The counts agree.
    package static func expectation(_ input: FloatView, into output: FloatView) {
        precondition(input.count == output.count, "\(input.count) and \(output.count) values")
        let (z, y) = (input.pointer, output.pointer)
        for i in 0..<input.count { y[i] = Float(erf(Double(z[i]) * 0.5.squareRoot())) }
    }

    /// Multiplies the gradient of ``expectation(_:into:)`` by its slope, `2 phi(z)`.
    ///
    /// - Precondition: The counts agree.
    package static func multiplyByDensity(_ gradient: FloatView, input: FloatView) {
        precondition(
            gradient.count == input.count, "\(gradient.count) and \(input.count) values")
        let (g, z) = (gradient.pointer, input.pointer)
        let factor = Vector(repeating: Float((2 / Double.pi).squareRoot()))
        let half = Vector(repeating: -0.5)
        forEachVector(gradient.count) { i, lanes in
            let value = load(z + i, lanes)
            let slope = factor * exponential(half * value * value)
            store(load(g + i, lanes) * slope, g + i, lanes)
        }
    }
}
