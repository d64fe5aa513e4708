internal import LRNetSupport

/// Binary weights from the signs of latent real weights (BinaryConnect, H = 1).
///
///     deterministic   w = +1 where W >= 0, else -1
///     stochastic      w = +1 with probability clip((W + 1) / 2, 0, 1), else -1
///
/// - Source: Courbariaux, Bengio, David, *BinaryConnect*, NIPS 2015, equations 1 and 2. At W = 0
///   the released code follows the rounding rule of its library; here the weight is +1.
package enum SignWeights {
    /// Overwrites `signs` with the signs of `latent`.
    ///
    /// - Precondition: The counts agree.
    package static func binarize(_ latent: FloatView, into signs: FloatView) {
        precondition(latent.count == signs.count, "\(latent.count) and \(signs.count) weights")
        let (w, s) = (latent.pointer, signs.pointer)
        forEachVector(latent.count) { i, lanes in store(sign(load(w + i, lanes)), s + i, lanes) }
    }

    /// Overwrites `signs` with one stochastic draw.
    ///
    /// - Precondition: The counts agree.
    package static func draw(_ latent: FloatView, key: NoiseKey, into signs: FloatView) {
        precondition(latent.count == signs.count, "\(latent.count) and \(signs.count) weights")
        let (w, s) = (latent.pointer, signs.pointer)
        let one = Vector(repeating: 1)
        let half = Vector(repeating: 0.5)
        forEachRandomWord(latent.count, key: key) { words, i, lanes in
            // No clamp is needed: where W <= -1 the value is at most 0, which no uniform number
            // reaches; where W >= 1 it is at least 1, which no uniform number exceeds.
            let plus = multiplyAdd(load(w + i, lanes), half, half)
            store((-one).replacing(with: one, where: uniform(words) .<= plus), s + i, lanes)
        }
    }
}

/// Returns +1 where a lane is at least 0 and -1 where it is negative; NaN stays NaN.
@inline(__always)
func sign(_ x: Vector) -> Vector {
    Vector(repeating: 1)
        .replacing(with: Vector(repeating: -1), where: x .< Vector(repeating: 0))
        .replacing(with: x, where: x .!= x)
}
