internal import LRNetSupport

/// The source pixels and weights of each pixel along one resized axis.
///
/// The filter is a triangle around the center of the output pixel. It extends to each side by one
/// source pixel, or by one output pixel if the image shrinks, so that no source pixel is left out:
///
///     center  = (o + 1/2) * source / size
///     support = max(source / size, 1)
///     weight  = max(0, 1 - |s + 1/2 - center| / support), then scaled to sum 1
///
/// If the sizes are equal, each source pixel is unchanged. Weights are computed in Double and
/// rounded once.
///
/// - Source: The filter of Pillow's `BILINEAR`, and of PyTorch's
///   `interpolate(mode="bilinear", antialias=True)`.
struct ResizeAxis {
    /// The first source pixel of each output pixel.
    private(set) var first: [Int] = []

    /// The weights, `[outputs, tapCount]`; 0 after the last source pixel of an output pixel.
    private(set) var weights: [Float] = []

    /// The largest number of source pixels of an output pixel.
    private(set) var tapCount = 0

    /// The range of source pixels that the output pixels need.
    private(set) var sourceRange = 0..<0

    /// Computes the weights of the output pixels in `range`, for an axis resized from `source` to
    /// `size` pixels.
    ///
    /// Memory is reused from call to call.
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
            // Neither end ever decreases from one output pixel to the next.
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
