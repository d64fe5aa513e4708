internal import Foundation
internal import LRNetKernels

/// Initial logits of discrete weights.
///
/// For the full-precision weights `W` of a layer, their population standard deviation s, and
/// `w = W / s`:
///
///     p(0) = clip(p_max - (p_max - p_min) |w|)    q = clip((1 + w / (1 - p(0))) / 2)    ternary
///     q = clip((1 + w) / 2)                                                             binary
///
/// where clip limits a probability to the recipe's p_min ... p_max (0.05 ... 0.95). Logits are
/// those of these probabilities times the recipe's sharpness (1).
///
/// - Source: Shayer, Levi, Fetaya, ICLR 2018, equations 6 to 8; the authors' code divides by the
///   population standard deviation about the mean, but does not subtract the mean.
enum LogitInitialization {
    /// The minimum distance from 0 and 1 of the probabilities of initial logits.
    static let probabilityMargin: Float = 1e-4

    static func ternary(
        zeroLogit: FloatView, signLogit: FloatView, from source: WeightInitialization
    ) {
        switch source {
        case .cold(let key, let start):
            for i in 0..<zeroLogit.count {
                let zero =
                    start == .balanced
                    ? 1.0 / 3 : 0.45 + 0.1 * key.uniform(2 * i)
                zeroLogit[i] = logit(Float(zero))
                signLogit[i] = coldSign(key, element: 2 * i + 1, start)
            }
        case .pretrained(let weights, let range):
            let factor = 1 / deviation(of: weights)
            for i in 0..<weights.count {
                let w = weights[i] * factor
                let zero = range.zeroProbability(w)
                // A weight with p(0) = 1 has no sign.
                let plus = zero < 1 ? range.clip(0.5 * (1 + w / (1 - zero))) : 0.5
                zeroLogit[i] = range.sharpness * logit(zero)
                signLogit[i] = range.sharpness * logit(plus)
            }
        }
    }

    static func binary(signLogit: FloatView, from source: WeightInitialization) {
        switch source {
        case .cold(let key, let start):
            for i in 0..<signLogit.count {
                signLogit[i] = coldSign(key, element: 2 * i + 1, start)
            }
        case .pretrained(let weights, let range):
            let factor = 1 / deviation(of: weights)
            for i in 0..<weights.count {
                signLogit[i] =
                    range.sharpness * logit(range.clip(0.5 * (1 + weights[i] * factor)))
            }
        }
    }

    private static func coldSign(
        _ key: NoiseKey, element: Int, _ start: ColdStart
    ) -> Float {
        switch start {
        case .balanced: 0
        case .randomSigns:
            logit(key.uniform(element) < 0.5 ? 1 - probabilityMargin : probabilityMargin)
        }
    }

    /// Returns the population standard deviation, or 1 if it is 0.
    static func deviation(of weights: FloatView) -> Float {
        let count = Double(weights.count)
        let mean = Elementwise.sum(weights) / count
        let variance = Elementwise.sumOfSquares(weights) / count - mean * mean
        return variance > 0 ? Float(variance.squareRoot()) : 1
    }

    private static func logit(_ p: Float) -> Float {
        let safe = Double(min(max(p, probabilityMargin), 1 - probabilityMargin))
        return Float(log(safe / (1 - safe)))
    }
}
