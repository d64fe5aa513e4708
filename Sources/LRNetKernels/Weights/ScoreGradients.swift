internal import LRNetSupport

/// The gradient of the log-probability of drawn weights (the score), for the log-derivative trick.
///
///     ternary   d log P/da = [w = 0] - p0        d log P/db = [w != 0] ([w = +1] - q)
///     binary    d log P/db = [w = +1] - q
///
/// The weights are redrawn from their key, exactly as ``WeightDraws`` draws them.
///
/// - Source: Williams, *Machine Learning* 8, 1992; Shayer, Levi, Fetaya, ICLR 2018, section 2.
package enum ScoreGradients {
    /// Adds `coefficient` times the score of a contiguous range of ternary weights.
    ///
    /// - Parameter first: The position in the draw of the first weight of the range, a multiple of
    ///   64.
    /// - Precondition: The counts agree.
    package static func addTernary(
        zeroLogit: FloatView, signLogit: FloatView, key: NoiseKey, first: Int, coefficient: Float,
        toZeroLogit zeroGradient: FloatView, signLogit signGradient: FloatView
    ) {
        let count = zeroLogit.count
        precondition(
            signLogit.count == count && zeroGradient.count == count && signGradient.count == count,
            "\(count), \(signLogit.count), \(zeroGradient.count), \(signGradient.count) values")
        let (a, b) = (zeroLogit.pointer, signLogit.pointer)
        let (da, db) = (zeroGradient.pointer, signGradient.pointer)
        let c = Vector(repeating: coefficient)
        let one = Vector(repeating: 1)
        let nothing = Vector(repeating: 0)
        forEachRandomWord(count, key: key, from: first) { words, i, lanes in
            let (zero, nonZero) = logisticPair(load(a + i, lanes))
            let (plus, minus) = logisticPair(load(b + i, lanes))
            let w = WeightDraws.ternary(
                zero: zero, nonZero: nonZero, plus: plus, minus: minus, uniform: uniform(words))
            let isZero = w .== nothing
            let zeroScore = (-zero).replacing(with: nonZero, where: isZero)
            // 1 - q is the complementary logistic, which does not lose digits.
            let signScore = (-plus).replacing(with: minus, where: w .== one)
                .replacing(with: nothing, where: isZero)
            store(multiplyAdd(c, zeroScore, load(da + i, lanes)), da + i, lanes)
            store(multiplyAdd(c, signScore, load(db + i, lanes)), db + i, lanes)
        }
    }

    /// Adds `coefficient` times the score of a contiguous range of binary weights.
    ///
    /// - Parameter first: The position in the draw of the first weight of the range, a multiple of
    ///   64.
    /// - Precondition: The counts agree.
    package static func addBinary(
        signLogit: FloatView, key: NoiseKey, first: Int, coefficient: Float,
        to signGradient: FloatView
    ) {
        precondition(
            signGradient.count == signLogit.count,
            "\(signLogit.count) and \(signGradient.count) values")
        let (b, db) = (signLogit.pointer, signGradient.pointer)
        let c = Vector(repeating: coefficient)
        forEachRandomWord(signLogit.count, key: key, from: first) { words, i, lanes in
            let (plus, minus) = logisticPair(load(b + i, lanes))
            let score = (-plus).replacing(with: minus, where: uniform(words) .<= plus)
            store(multiplyAdd(c, score, load(db + i, lanes)), db + i, lanes)
        }
    }
}
