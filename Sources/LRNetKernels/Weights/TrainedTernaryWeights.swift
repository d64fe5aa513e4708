internal import LRNetSupport

/// Ternary weights with two learned scales (Trained Ternary Quantization).
///
///     threshold = t max |W|
///     w = plus where W > threshold, -minus where W < -threshold, else 0
///     dL/dW = plus dL/dw, minus dL/dw, or dL/dw in the same three zones
///     dL/dplus = sum over W > threshold of dL/dw
///     dL/dminus = -sum over W < -threshold of dL/dw
///
/// No gradient flows through the threshold.
///
/// - Source: Zhu, Han, Mao, Dally, *Trained Ternary Quantization*, ICLR 2017, equations 6 to 8.
package enum TrainedTernaryWeights {
    /// Returns the threshold of a layer's weights, `factor * max |W|`.
    package static func threshold(_ latent: FloatView, factor: Float) -> Float {
        let w = latent.pointer
        var largest = Vector(repeating: 0)
        forEachVector(latent.count) { i, lanes in
            let value = load(w + i, lanes)
            largest = larger(largest, larger(value, -value))
        }
        return factor * largest.max()
    }

    /// Overwrites `weights` with `plus`, 0 and `-minus`.
    ///
    /// - Precondition: The counts agree.
    package static func quantize(
        _ latent: FloatView, threshold: Float, plus: Float, minus: Float, into weights: FloatView
    ) {
        precondition(latent.count == weights.count, "\(latent.count) and \(weights.count) weights")
        let (w, t) = (latent.pointer, weights.pointer)
        forEachVector(latent.count) { i, lanes in
            let value = zones(
                load(w + i, lanes), threshold, above: plus, between: 0, below: -minus)
            store(value, t + i, lanes)
        }
    }

    /// Computes the gradient of a contiguous range of latents from the gradient of the weights.
    ///
    /// - Precondition: The counts agree.
    package static func pullBack(
        latent: FloatView, threshold: Float, plus: Float, minus: Float, weightGradient: FloatView,
        latentGradient: FloatView
    ) {
        precondition(
            weightGradient.count == latent.count && latentGradient.count == latent.count,
            "\(latent.count), \(weightGradient.count) and \(latentGradient.count) weights")
        let (w, g, d) = (latent.pointer, weightGradient.pointer, latentGradient.pointer)
        forEachVector(latent.count) { i, lanes in
            let factor = zones(
                load(w + i, lanes), threshold, above: plus, between: 1, below: minus)
            store(load(g + i, lanes) * factor, d + i, lanes)
        }
    }

    /// Returns the gradients of the two scales, summed in Double in an order fixed by the count.
    ///
    /// - Precondition: The counts agree.
    package static func scaleGradients(
        latent: FloatView, threshold: Float, weightGradient: FloatView
    ) -> (plus: Float, minus: Float) {
        precondition(
            weightGradient.count == latent.count,
            "\(latent.count) and \(weightGradient.count) weights")
        let (w, g) = (latent.pointer, weightGradient.pointer)
        var plus = SIMD16<Double>(repeating: 0)
        var minus = SIMD16<Double>(repeating: 0)
        forEachVector(latent.count) { i, lanes in
            let (value, slope) = (load(w + i, lanes), load(g + i, lanes))
            let above = zones(value, threshold, above: 1, between: 0, below: 0)
            let below = zones(value, threshold, above: 0, between: 0, below: 1)
            plus += SIMD16<Double>(slope * above)
            minus += SIMD16<Double>(slope * below)
        }
        return (Float(plus.sum()), Float(-minus.sum()))
    }

    @inline(__always)
    private static func zones(
        _ value: Vector, _ threshold: Float, above: Float, between: Float, below: Float
    ) -> Vector {
        Vector(repeating: between)
            .replacing(with: Vector(repeating: above), where: value .> Vector(repeating: threshold))
            .replacing(
                with: Vector(repeating: below), where: value .< Vector(repeating: -threshold))
    }
}
