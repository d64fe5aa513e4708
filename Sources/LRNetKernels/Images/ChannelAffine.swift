internal import LRNetSupport

/// The map `x * factor[c] + offset[c]` for every value of an image with its channels innermost.
///
/// Naive twin: `Reference.adjusted`.
package struct ChannelAffine: Sendable {
    /// The factors and offsets, repeated so that whole vectors line up with the channels.
    private var factors: [Vector]
    private var offsets: [Vector]

    /// Creates the map from one factor and one offset per channel.
    ///
    /// - Precondition: The counts agree, and there is at least one channel.
    package init(factors: [Float], offsets: [Float]) {
        precondition(
            !factors.isEmpty && factors.count == offsets.count,
            "\(factors.count) factors and \(offsets.count) offsets")
        self.factors = Self.pattern(factors)
        self.offsets = Self.pattern(offsets)
    }

    /// Creates the map from values in 0...255 to mean 0 and standard deviation 1.
    ///
    ///     (x / 255 - mean[c]) / deviation[c]
    ///
    /// - Parameters:
    ///   - mean: The mean of each channel, on the scale 0...1.
    ///   - deviation: The standard deviation of each channel, on the scale 0...1; positive.
    package init(standardizing mean: [Double], deviation: [Double]) {
        precondition(
            mean.count == deviation.count && deviation.allSatisfy { $0 > 0 },
            "mean \(mean), deviation \(deviation)")
        self.init(
            factors: deviation.map { Float(1 / (255 * $0)) },
            offsets: zip(mean, deviation).map { Float(-$0 / $1) })
    }

    /// Applies the map in place. Each multiply-add is rounded once.
    ///
    /// - Precondition: The first value belongs to the first channel.
    package func apply(_ image: FloatView) {
        let p = image.pointer
        var phase = 0
        forEachVector(image.count) { i, lanes in
            let value = multiplyAdd(load(p + i, lanes), factors[phase], offsets[phase])
            store(value, p + i, lanes)
            phase = phase + 1 == factors.count ? 0 : phase + 1
        }
    }

    private static func pattern(_ values: [Float]) -> [Vector] {
        values.indices.map { number in
            var vector = Vector(repeating: 0)
            for lane in 0..<laneCount {
                vector[lane] = values[(number * laneCount + lane) % values.count]
            }
            return vector
        }
    }
}
