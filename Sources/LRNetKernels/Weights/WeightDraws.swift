internal import LRNetSupport

/// Discrete weights chosen from their distributions, as Float32 -1, 0 or +1.
package enum WeightDraws {
    /// The way a weight is chosen from its distribution.
    package enum Selection: Sendable {
        /// A random draw with the random numbers of a key.
        case drawn(NoiseKey)
        /// The most likely value; ties go to 0, then to +1.
        case likeliest
    }

    /// Chooses ternary weights: 0 with probability p0 = logistic(a), else +1 with probability q =
    /// logistic(b), else -1.
    ///
    /// - Parameters:
    ///   - zeroLogit: `a`.
    ///   - signLogit: `b`.
    ///   - weights: Overwritten.
    /// - Precondition: The counts agree.
    package static func ternary(
        zeroLogit: FloatView, signLogit: FloatView, selection: Selection, weights: FloatView
    ) {
        precondition(
            zeroLogit.count == weights.count && signLogit.count == weights.count,
            "\(zeroLogit.count) and \(signLogit.count) logits for \(weights.count) weights")
        let (a, b, w) = (zeroLogit.pointer, signLogit.pointer, weights.pointer)
        forEachUniform(weights.count, selection) { uniform, i, lanes in
            let (zero, nonZero) = logisticPair(load(a + i, lanes))
            let (plus, minus) = logisticPair(load(b + i, lanes))
            let value = ternary(
                zero: zero, nonZero: nonZero, plus: plus, minus: minus, uniform: uniform)
            store(value, w + i, lanes)
        }
    }

    /// Chooses one vector of ternary weights: drawn with the uniform numbers, or the most likely
    /// ones if `uniform` is `nil`.
    @inline(__always)
    static func ternary(
        zero: Vector, nonZero: Vector, plus: Vector, minus: Vector, uniform: Vector?
    ) -> Vector {
        let one = Vector(repeating: 1)
        let isZero: SIMDMask<SIMD16<Int32>>
        let isPlus: SIMDMask<SIMD16<Int32>>
        if let uniform {
            // The border between +1 and -1, computed from the side where it does not lose digits. A
            // sign with probability 1 is therefore always drawn.
            let border = (zero + nonZero * plus)
                .replacing(with: one - nonZero * minus, where: plus .> minus)
            isZero = uniform .<= zero
            isPlus = uniform .<= border
        } else {
            isZero = zero .>= nonZero * larger(plus, minus)
            isPlus = plus .>= minus
        }
        let sign = (-one).replacing(with: one, where: isPlus)
        return sign.replacing(with: Vector(repeating: 0), where: isZero)
    }

    /// Chooses binary weights: +1 with probability q = logistic(b), else -1.
    ///
    /// - Precondition: The counts agree.
    package static func binary(signLogit: FloatView, selection: Selection, weights: FloatView) {
        precondition(
            signLogit.count == weights.count,
            "\(signLogit.count) logits for \(weights.count) weights")
        let (b, w) = (signLogit.pointer, weights.pointer)
        let one = Vector(repeating: 1)
        forEachUniform(weights.count, selection) { uniform, i, lanes in
            let (plus, minus) = logisticPair(load(b + i, lanes))
            let isPlus = uniform.map { $0 .<= plus } ?? (plus .>= minus)
            store((-one).replacing(with: one, where: isPlus), w + i, lanes)
        }
    }

    /// Calls `body` with uniform numbers in (0, 1], or with `nil` for the most likely weights.
    @inline(__always)
    private static func forEachUniform(
        _ count: Int, _ selection: Selection, _ body: (Vector?, Int, Int) -> Void
    ) {
        switch selection {
        case .likeliest:
            forEachVector(count) { i, lanes in body(nil, i, lanes) }
        case .drawn(let key):
            forEachRandomWord(count, key: key) { words, i, lanes in
                body(uniform(words), i, lanes)
            }
        }
    }
}

/// Returns `(x + 1/2) / 2^32` of each lane, rounded to Float32. The result is in (0, 1].
@inline(__always)
func uniform(_ words: Words) -> Vector {
    multiplyAdd(converted(words), Vector(repeating: 0x1p-32), Vector(repeating: 0x1p-33))
}

/// Calls `body(words, offset, lanes)` for each vector of a key's random words, in the order of
/// ``GaussianNoise``'s groups.
///
/// - Precondition: `first`, the position of the first word, is a multiple of 64.
@inline(__always)
func forEachRandomWord(
    _ count: Int, key: NoiseKey, from first: Int = 0, _ body: (Words, Int, Int) -> Void
) {
    precondition(first % GaussianNoise.groupCount == 0, "random words from element \(first)")
    let rest = key.philoxRest
    let philoxKey = key.philoxKey
    var block = UInt32(truncatingIfNeeded: first / GaussianNoise.groupCount &* laneCount)
    var offset = 0
    while offset < count {
        let words = PhiloxVector(first: block, rest: rest, key: philoxKey)
        let left = count &- offset
        body(words.word0, offset, min(left, laneCount))
        if left > 16 { body(words.word1, offset &+ 16, min(left &- 16, laneCount)) }
        if left > 32 { body(words.word2, offset &+ 32, min(left &- 32, laneCount)) }
        if left > 48 { body(words.word3, offset &+ 48, min(left &- 48, laneCount)) }
        offset &+= GaussianNoise.groupCount
        block = block &+ UInt32(laneCount)
    }
}
