internal import LRNetSupport

/// Which source pixels make each pixel of one resized axis, and with which weights.
///
/// A triangle filter about the pixel's centre, as wide as one source pixel to each side, or as one
/// output pixel where the picture shrinks, so that no source pixel is left out:
///
///     centre  = (o + 1/2) * source / size
///     support = max(source / size, 1)
///     weight  = max(0, 1 - |s + 1/2 - centre| / support), then scaled to sum 1
///
/// Equal sizes give each source pixel as it is. Weights are computed in Double and rounded once.
///
/// - Source: the filter of Pillow's `BILINEAR`, and of PyTorch's `interpolate(mode="bilinear",
///   antialias=True)`.
struct ResizeAxis {
    /// The first source pixel of each output.
    private(set) var first: [Int] = []

    /// Weights, `[outputs, tapCount]`; 0 behind the last source pixel of an output.
    private(set) var weights: [Float] = []

    /// Source pixels of an output, at most.
    private(set) var tapCount = 0

    /// The source pixels that any output needs.
    private(set) var sourceRange = 0..<0

    /// Computes the outputs `range` of an axis of `source` pixels that becomes one of `size`.
    ///
    /// Memory is used again from call to call.
    mutating func prepare(source: Int, size: Int, range: Range<Int>) {
        precondition(
            source > 0 && range.lowerBound >= 0 && range.upperBound <= size,
            "pixels \(range) of \(size) from \(source)")
        let scale = Double(source) / Double(size)
        let support = max(scale, 1)
        tapCount = min(2 * Int(support.rounded(.up)) + 1, source)
        first.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        sourceRange = 0..<0
        for output in range {
            let center = (Double(output) + 0.5) * scale
            let start = max(Int((center - support + 0.5).rounded(.down)), 0)
            let end = min(Int((center + support + 0.5).rounded(.down)), source)
            append(center: center, support: support, pixels: start..<end)
            // Both ends only move on from output to output.
            let origin = output == range.lowerBound ? start : sourceRange.lowerBound
            sourceRange = origin..<end
        }
    }

    private mutating func append(center: Double, support: Double, pixels: Range<Int>) {
        func weight(_ pixel: Int) -> Double {
            max(0, 1 - abs(Double(pixel) + 0.5 - center) / support)
        }
        var sum = 0.0
        for pixel in pixels { sum += weight(pixel) }
        first.append(pixels.lowerBound)
        for pixel in pixels { weights.append(Float(weight(pixel) / sum)) }
        for _ in pixels.count..<tapCount { weights.append(0) }
    }
}
