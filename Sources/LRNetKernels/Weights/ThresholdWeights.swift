internal import LRNetSupport

/// Ternary weights from a threshold on latent full-precision weights (Ternary Weight Networks).
///
///     threshold = 0.7 mean |W|        T = [W > threshold] - [W < -threshold]
///     scale = mean |W| over the weights with T != 0            w = scale T
///
/// Sums run in Double, in an order fixed by the count.
///
/// Naive twin: `Reference.ternarize`.
///
/// - Source: Li, Zhang, Liu, *Ternary Weight Networks*, 2016; equations 5 and 6.
package enum ThresholdWeights {
    /// The ratio of the threshold to the mean magnitude of the weights.
    package static let thresholdFactor = 0.7

    /// Ternarizes a layer's weights.
    ///
    /// - Parameters:
    ///   - latent: `W`.
    ///   - ternary: Overwritten with `T`, unscaled.
    /// - Returns: `scale`, or 0 if every weight is 0.
    package static func ternarize(_ latent: FloatView, into ternary: FloatView) -> Float {
        precondition(
            latent.count == ternary.count, "\(latent.count) and \(ternary.count) weights")
        guard latent.count > 0 else { return 0 }
        let (w, t) = (latent.pointer, ternary.pointer)
        var total = SIMD16<Double>(repeating: 0)
        forEachVector(latent.count) { i, lanes in
            total += SIMD16<Double>(magnitude(load(w + i, lanes)))
        }
        let threshold = Vector(
            repeating: Float(thresholdFactor * total.sum() / Double(latent.count)))
        var kept = SIMD16<Double>(repeating: 0)
        var keptCount = SIMD16<Double>(repeating: 0)
        let one = Vector(repeating: 1)
        let zero = Vector(repeating: 0)
        forEachVector(latent.count) { i, lanes in
            let value = load(w + i, lanes)
            let size = magnitude(value)
            let isKept = size .> threshold
            kept += SIMD16<Double>(zero.replacing(with: size, where: isKept))
            keptCount += SIMD16<Double>(zero.replacing(with: one, where: isKept))
            let sign = (-one).replacing(with: one, where: value .> zero)
            store(zero.replacing(with: sign, where: isKept), t + i, lanes)
        }
        return keptCount.sum() > 0 ? Float(kept.sum() / keptCount.sum()) : 0
    }

    @inline(__always)
    private static func magnitude(_ x: Vector) -> Vector { larger(x, -x) }
}
