internal import LRNetSupport

/// Relaxed discrete weights from the Gumbel-softmax trick. One draw is used for a whole step.
///
/// Ternary, with Gumbel noise g and temperature t:
///
///     y = softmax((log p + g) / t) over (-1, 0, +1)        w = y+ - y-
///     dw/da = -y0 w / t         dw/db = ((1 - q) y+ (1 - w) + q y- (1 + w)) / t
///
/// Binary, with logistic noise l:
///
///     w = tanh((b + l) / (2 t))          dw/db = (1 - w^2) / (2 t)
///
/// The backward pass regenerates the noise from its key instead of storing it.
///
/// Naive twins: `Reference.gumbelTernary` and `Reference.gumbelBinary`.
///
/// - Source: Jang, Gu, Poole, ICLR 2017; Shayer, Levi, Fetaya, ICLR 2018, appendix A. The closed
///   forms of the derivatives follow from `sum over k of y_k (s_k - w) = 0`.
package enum GumbelWeights {
    /// Draws relaxed ternary weights.
    package static func ternary(
        zeroLogit: FloatView, signLogit: FloatView, temperature: Float, key: NoiseKey,
        weights: FloatView
    ) {
        requireEqual(weights.count, [zeroLogit, signLogit])
        let (a, b, w) = (zeroLogit.pointer, signLogit.pointer, weights.pointer)
        forEachTriple(weights.count, key) { noise, i, lanes in
            let y = Relaxed(
                load(a + i, lanes), load(b + i, lanes), noise, Vector(repeating: 1 / temperature))
            store(y.weight, w + i, lanes)
        }
    }

    /// Computes the gradient of a contiguous range of ternary logits from the gradient of the
    /// relaxed weights.
    ///
    /// - Parameter first: The position in the draw of the first weight of the range.
    package static func ternaryPullBack(
        zeroLogit: FloatView, signLogit: FloatView, temperature: Float, key: NoiseKey,
        first: Int = 0, weightGradient: FloatView, zeroLogitGradient: FloatView,
        signLogitGradient: FloatView
    ) {
        requireEqual(
            weightGradient.count,
            [zeroLogit, signLogit, zeroLogitGradient, signLogitGradient])
        let (a, b, dw) = (zeroLogit.pointer, signLogit.pointer, weightGradient.pointer)
        let (da, db) = (zeroLogitGradient.pointer, signLogitGradient.pointer)
        let inverse = Vector(repeating: 1 / temperature)
        let one = Vector(repeating: 1)
        forEachTriple(weightGradient.count, key, from: first) { noise, i, lanes in
            let sign = load(b + i, lanes)
            let y = Relaxed(load(a + i, lanes), sign, noise, inverse)
            let (plus, minus) = logisticPair(sign)
            let slope = load(dw + i, lanes) * inverse
            store(-slope * y.zero * y.weight, da + i, lanes)
            let up = minus * y.plus * (one - y.weight)
            let down = plus * y.minus * (one + y.weight)
            store(slope * (up + down), db + i, lanes)
        }
    }

    /// Draws relaxed binary weights.
    package static func binary(
        signLogit: FloatView, temperature: Float, key: NoiseKey, weights: FloatView
    ) {
        requireEqual(weights.count, [signLogit])
        let (b, w) = (signLogit.pointer, weights.pointer)
        let inverse = Vector(repeating: 1 / temperature)
        forEachRandomWord(weights.count, key: key) { words, i, lanes in
            let (plus, minus) = relaxedSign(load(b + i, lanes), words, inverse)
            store(plus - minus, w + i, lanes)
        }
    }

    /// Computes the gradient of a contiguous range of binary logits from the gradient of the
    /// relaxed weights.
    ///
    /// - Parameter first: The position in the draw of the first weight of the range, a multiple of
    ///   64.
    package static func binaryPullBack(
        signLogit: FloatView, temperature: Float, key: NoiseKey, first: Int = 0,
        weightGradient: FloatView, signLogitGradient: FloatView
    ) {
        requireEqual(weightGradient.count, [signLogit, signLogitGradient])
        let (b, dw) = (signLogit.pointer, weightGradient.pointer)
        let db = signLogitGradient.pointer
        let inverse = Vector(repeating: 1 / temperature)
        let two = Vector(repeating: 2)
        forEachRandomWord(weightGradient.count, key: key, from: first) { words, i, lanes in
            let (plus, minus) = relaxedSign(load(b + i, lanes), words, inverse)
            // (1 - w^2) / 2 = 2 plus minus.
            store(load(dw + i, lanes) * inverse * two * plus * minus, db + i, lanes)
        }
    }

    /// One vector of relaxed ternary weights.
    private struct Relaxed {
        let minus, zero, plus, weight: Vector

        /// - Parameter noise: Three vectors of random words, one per category.
        @inline(__always)
        init(_ a: Vector, _ b: Vector, _ noise: (Words, Words, Words), _ inverse: Vector) {
            // Log-probabilities without their common term log(1 - p0). Without it log p0 becomes a,
            // because p0 / (1 - p0) = e^a.
            let (plusProbability, minusProbability) = logisticPair(b)
            let tiny = Vector(repeating: Float.leastNormalMagnitude)
            let z0 = (logarithm(larger(minusProbability, tiny)) + gumbel(noise.0)) * inverse
            let z1 = (a + gumbel(noise.1)) * inverse
            let z2 = (logarithm(larger(plusProbability, tiny)) + gumbel(noise.2)) * inverse
            let top = larger(larger(z0, z1), z2)
            let e0 = exponential(z0 - top)
            let e1 = exponential(z1 - top)
            let e2 = exponential(z2 - top)
            let sum = e0 + e1 + e2
            minus = e0 / sum
            zero = e1 / sum
            plus = e2 / sum
            weight = plus - minus
        }
    }

    /// Returns Gumbel noise, `-log(-log u)`.
    @inline(__always)
    private static func gumbel(_ words: Words) -> Vector {
        let rate = larger(-logarithm(uniform(words)), Vector(repeating: 0x1p-33))
        return -logarithm(rate)
    }

    /// Returns `logistic((b + l) / t)` and its complement, with l = log u - log(1 - u).
    @inline(__always)
    private static func relaxedSign(
        _ b: Vector, _ words: Words, _ inverse: Vector
    ) -> (Vector, Vector) {
        let noise = logarithm(uniform(words)) - logarithm(uniform(~words))
        return logisticPair((b + noise) * inverse)
    }

    /// Calls `body` with three vectors of random words for each vector of weights: weight `i` uses
    /// words 0, 1 and 2 of block `i`.
    @inline(__always)
    private static func forEachTriple(
        _ count: Int, _ key: NoiseKey, from start: Int = 0,
        _ body: ((Words, Words, Words), Int, Int) -> Void
    ) {
        let rest = key.philoxRest
        let philoxKey = key.philoxKey
        forEachVector(count) { i, lanes in
            let words = PhiloxVector(
                first: UInt32(truncatingIfNeeded: start &+ i), rest: rest, key: philoxKey)
            body((words.word0, words.word1, words.word2), i, lanes)
        }
    }

    private static func requireEqual(_ count: Int, _ views: [FloatView]) {
        for view in views {
            precondition(view.count == count, "\(view.count) values, expected \(count)")
        }
    }
}
