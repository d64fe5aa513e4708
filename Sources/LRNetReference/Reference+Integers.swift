public import LRNetKernels

/// Layers of integer weights on bytes.
extension Reference {
    /// Returns the sums of a layer, `[pixels][outputs]`: the twin of `IntegerConvolution` and
    /// `PackedProduct`.
    ///
    ///     acc[y, x, o] = sum over k of w[o, k] (q[window of (y, x), k] - zeroPoint)
    ///
    /// - Parameters:
    ///   - weights: `[outputs][row][column][input]`
    public static func integerSums(
        _ input: [UInt8], weights: [Int8], geometry: PatchGeometry, outputs: Int, zeroPoint: Int
    ) -> [Int] {
        let channels = geometry.input.channels
        var sums = [Int](repeating: 0, count: geometry.outputPixelCount * outputs)
        forEachTap(geometry, images: 1) { output, tap, pixel in
            for o in 0..<outputs {
                for c in 0..<channels {
                    let weight = Int(weights[o * geometry.patchCount + tap * channels + c])
                    sums[output * outputs + o] +=
                        weight * (Int(input[pixel * channels + c]) - zeroPoint)
                }
            }
        }
        return sums
    }

    /// Returns `clip(roundHalfEven((sum + bias) * factor / 2^16) + offset, 0, ceiling)`, computed in
    /// integers: the twin of `OutputRule`.
    public static func rounded(
        _ sum: Int, bias: Int, factor: Int, offset: Int, ceiling: Int
    ) -> UInt8 {
        let product = (sum + bias) * factor
        let floor = product >> 16
        let rest = product - floor << 16
        let isUp = rest > 32_768 || rest == 32_768 && floor & 1 == 1
        return UInt8(min(max(floor + (isUp ? 1 : 0) + offset, 0), ceiling))
    }
}
