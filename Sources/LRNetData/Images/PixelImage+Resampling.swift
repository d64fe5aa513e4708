extension PixelImage {
    /// Scales an image with a triangle filter that widens as the image shrinks, so that fine
    /// patterns average out (antialiased bilinear).
    ///
    ///     out[i]  = sum over j of w[i, j] in[j]
    ///     w[i, j] ~ max(0, 1 - |j + 1/2 - (i + 1/2) s| / r)
    ///
    /// Here, `s` is the old length divided by the new one, `r = max(s, 1)`, and the weights sum to
    /// 1. Rows are scaled first, then columns, and both results are rounded to bytes. The weighted
    /// sums use integer arithmetic, so the bytes are the same on every machine.
    ///
    /// - Precondition: Both sides are positive.
    package func resized(height: Int, width: Int) -> PixelImage {
        precondition(height > 0 && width > 0, "resized to \(height)x\(width)")
        let rows = height == self.height ? self : resizedRows(height)
        return width == rows.width ? rows : rows.resizedColumns(width)
    }

    private func resizedRows(_ newHeight: Int) -> PixelImage {
        let length = width * channels
        var resized = [UInt8](repeating: 0, count: newHeight * length)
        var sums = [Int32](repeating: 0, count: length)
        for (row, taps) in ResamplingTaps.all(from: height, to: newHeight).enumerated() {
            for position in 0..<length { sums[position] = ResamplingTaps.half }
            for (tap, weight) in taps.weights.enumerated() {
                let source = pixels[(taps.first + tap) * length..<(taps.first + tap + 1) * length]
                for (position, value) in source.enumerated() {
                    sums[position] &+= weight &* Int32(value)
                }
            }
            let target = row * length
            for position in 0..<length {
                resized[target + position] = ResamplingTaps.byte(sums[position])
            }
        }
        return PixelImage(height: newHeight, width: width, channels: channels, pixels: resized)
    }

    private func resizedColumns(_ newWidth: Int) -> PixelImage {
        var resized = [UInt8](repeating: 0, count: height * newWidth * channels)
        let columns = ResamplingTaps.all(from: width, to: newWidth)
        var target = 0
        for row in 0..<height {
            for taps in columns {
                let first = (row * width + taps.first) * channels
                for channel in 0..<channels {
                    var sum = ResamplingTaps.half
                    var source = first + channel
                    for weight in taps.weights {
                        sum &+= weight &* Int32(pixels[source])
                        source += channels
                    }
                    resized[target] = ResamplingTaps.byte(sum)
                    target += 1
                }
            }
        }
        return PixelImage(height: height, width: newWidth, channels: channels, pixels: resized)
    }
}

/// The source values along one axis that contribute to one value of a scaled image, and their
/// weights. Weights are in units of 2^-22 and sum to 2^22.
struct ResamplingTaps: Equatable {
    /// The position of the first source value.
    let first: Int

    /// The weights of the first source value and the following ones.
    let weights: [Int32]

    private static let shift: Int32 = 22

    /// One half in units of the weights, for rounding.
    static let half: Int32 = 1 << (shift - 1)

    /// Returns a weighted sum of bytes, plus one half, as a byte.
    static func byte(_ sum: Int32) -> UInt8 { UInt8(truncatingIfNeeded: sum &>> shift) }

    /// Returns the taps of every value of an axis.
    static func all(from oldLength: Int, to newLength: Int) -> [ResamplingTaps] {
        let scale = Double(oldLength) / Double(newLength)
        let radius = max(scale, 1)
        return (0..<newLength).map { position in
            let center = (Double(position) + 0.5) * scale
            let first = max(0, Int((center - radius).rounded(.down)))
            let end = min(oldLength, Int((center + radius).rounded(.up)))
            let shares = (first..<end).map { source in
                max(0, 1 - abs(Double(source) + 0.5 - center) / radius)
            }
            let total = shares.reduce(0, +)
            let one = Double(1 << shift)
            var weights = shares.map { Int32(($0 / total * one).rounded()) }
            // The rounding error is added to the largest weight, so that a uniform area stays
            // uniform.
            let largest = weights.indices.max { weights[$0] < weights[$1] } ?? 0
            weights[largest] += Int32(1 << shift) - weights.reduce(0, +)
            return ResamplingTaps(first: first, weights: weights)
        }
    }
}
