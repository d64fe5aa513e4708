internal import LRNetSupport

/// Inverted dropout: a unit is kept with probability `1 - rate` and then scaled by
/// `1 / (1 - rate)`.
///
/// Naive twin: `Reference.dropout`.
package enum Dropout {
    /// Scales or clears each value. The forward and backward passes use the same key.
    ///
    ///     output[i] = input[i] / (1 - rate)    if bits(i) >= rate * 2^32, else 0
    ///
    /// `bits` are Philox words in the order of ``GaussianNoise``'s groups.
    ///
    /// - Parameters:
    ///   - input: One sample's values; may be the same view as `output`.
    ///   - rate: In `0 ..< 1`.
    ///   - key: The sample's key.
    package static func apply(
        _ input: FloatView, rate: Float, key: NoiseKey, into output: FloatView
    ) {
        precondition(
            input.count == output.count && rate >= 0 && rate < 1,
            "dropout at rate \(rate) of \(input.count) values into \(output.count)")
        let threshold = Words(repeating: UInt32(Double(rate) * 0x1p32))
        let scale = Vector(repeating: 1 / (1 - rate))
        let zero = Vector(repeating: 0)
        let (x, y) = (input.pointer, output.pointer)
        forEachRandomWord(input.count, key: key) { words, i, lanes in
            let value = load(x + i, lanes) * scale
            store(zero.replacing(with: value, where: words .>= threshold), y + i, lanes)
        }
    }
}
