internal import LRNetSupport

/// Standard normal numbers from ``NoiseKey``s, computed with Philox4x32-10 and the Box-Muller
/// transform.
///
/// A key's sequence is divided into groups of 64 elements, the output of sixteen Philox blocks that
/// are computed side by side in the lanes of vectors. Element `e` is in group `g = e / 64`. Within
/// the group it is lane `l = e % 16` of word `w = (e % 64) / 16`. Lane `l` is Philox block
/// `16 g + l`, whose four words `(x0, x1, x2, x3)` yield four numbers:
///
///     radius(x) = sqrt(-2 ln((x + 1/2) / 2^32))      angle(x) = 2 pi x / 2^32
///     word 0: radius(x0) cos angle(x1)    word 1: radius(x0) sin angle(x1)
///     word 2: radius(x2) cos angle(x3)    word 3: radius(x2) sin angle(x3)
///
/// The largest possible magnitude is therefore sqrt(66 ln 2) = 6.76.
package enum GaussianNoise {
    /// The number of elements in a group.
    static let groupCount = 64

    /// Overwrites `output` with elements 0, 1, 2, ... of the key's sequence.
    ///
    /// Naive twin: `Reference.noise`.
    package static func fill(_ output: FloatView, key: NoiseKey) {
        forEachNoiseVector(count: output.count, key: key) { noise, offset, lanes in
            store(noise, output.pointer + offset, lanes)
        }
    }

    /// Draws pre-activations and stores what the backward pass needs of the noise.
    ///
    ///     z[i] = mean[i] + sqrt(max(variance[i], 0) + floor) * e[i]
    ///     s[i] = e[i] / (2 sqrt(max(variance[i], 0) + floor))
    ///
    /// The gradient of the variance is then dL/dvariance[i] = dL/dz[i] * s[i]. The clamp matters
    /// because a fast convolution may produce a variance slightly below 0.
    ///
    /// Naive twin: `Reference.samplePreActivations`.
    ///
    /// - Parameters:
    ///   - mean: The means; overwritten with `z`.
    ///   - variance: The variances; overwritten with `s`.
    ///   - floor: Added to each variance; positive.
    ///   - key: The noise of this sample; value `i` uses element `i`.
    /// - Precondition: The counts agree.
    /// - Source: Shayer, Levi, Fetaya, ICLR 2018, Algorithm 1; the floor comes from the authors'
    ///   code.
    package static func samplePreActivations(
        mean: FloatView, variance: FloatView, floor: Float, key: NoiseKey
    ) {
        precondition(
            mean.count == variance.count, "\(mean.count) means and \(variance.count) variances")
        let meanPointer = mean.pointer
        let variancePointer = variance.pointer
        let floorVector = Vector(repeating: floor)
        forEachNoiseVector(count: mean.count, key: key) { noise, offset, lanes in
            // In this argument order a variance of NaN stays NaN.
            let v = larger(Vector(repeating: 0), load(variancePointer + offset, lanes))
            let deviation = squareRoot(v + floorVector)
            let z = multiplyAdd(deviation, noise, load(meanPointer + offset, lanes))
            store(z, meanPointer + offset, lanes)
            let sensitivity = Vector(repeating: 0.5) * noise / deviation
            store(sensitivity, variancePointer + offset, lanes)
        }
    }

    /// Calls `body(noise, offset, lanes)` for each vector of a key's sequence.
    @inline(__always)
    private static func forEachNoiseVector(
        count: Int, key: NoiseKey, _ body: (Vector, Int, Int) -> Void
    ) {
        let philoxKey = key.philoxKey
        let rest = key.philoxRest
        var offset = 0
        var words = PhiloxVector(first: 0, rest: rest, key: philoxKey)
        var block: UInt32 = 0
        while offset < count {
            // The words of the next group do not depend on this group's numbers. Computing them
            // here gives the CPU two independent chains of instructions instead of one of twice the
            // length.
            block = block &+ UInt32(laneCount)
            let next = PhiloxVector(first: block, rest: rest, key: philoxKey)
            let group = normals(words)
            words = next
            if count &- offset >= groupCount {
                body(group.0, offset, laneCount)
                body(group.1, offset &+ 16, laneCount)
                body(group.2, offset &+ 32, laneCount)
                body(group.3, offset &+ 48, laneCount)
            } else {
                let left = count &- offset
                body(group.0, offset, min(left, laneCount))
                if left > 16 { body(group.1, offset &+ 16, min(left &- 16, laneCount)) }
                if left > 32 { body(group.2, offset &+ 32, min(left &- 32, laneCount)) }
                if left > 48 { body(group.3, offset &+ 48, min(left &- 48, laneCount)) }
            }
            offset &+= groupCount
        }
    }

    /// Computes one group of 64 numbers.
    @inline(__always)
    private static func normals(_ words: PhiloxVector) -> (Vector, Vector, Vector, Vector) {
        let a = boxMuller(words.word0, words.word1)
        let b = boxMuller(words.word2, words.word3)
        return (a.0, a.1, b.0, b.1)
    }

    // Without `@_transparent` the compiler emits a call, which passes its vectors through memory.
    @_transparent
    private static func boxMuller(_ x: Words, _ y: Words) -> (Vector, Vector) {
        let probability = uniform(x)
        let radius = squareRoot(
            larger(Vector(repeating: -2) * logarithm(probability), Vector(repeating: 0)))
        let (sine, cosine) = sineCosine(turn: y)
        return (radius * cosine, radius * sine)
    }
}
