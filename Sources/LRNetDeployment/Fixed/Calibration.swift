/// The largest magnitudes of a network's activations over some images, which determine the units of
/// fixed-point activations.
///
/// Maxima are used instead of percentiles because clipping made networks worse.
package struct Calibration: Sendable, Equatable {
    /// The maxima by the name of an affine map or residual block, and by ``inputName`` for the
    /// standardized images.
    package private(set) var maxima: [String: Float] = [:]

    package private(set) var imageCount = 0

    package static let inputName = "input"

    package init() {}

    /// Creates a calibration from the maxima of an earlier one.
    package init(maxima: [String: Float]) { self.maxima = maxima }

    /// Adds the values of a tensor for one image.
    mutating func add(_ name: String, _ values: [Float]) {
        // NaN is kept; `max` would drop it.
        let largest = values.reduce(0) { $1.isNaN || abs($1) > $0 ? abs($1) : $0 }
        let known = maxima[name] ?? 0
        maxima[name] = largest.isNaN || largest > known ? largest : known
    }

    mutating func countImage() { imageCount += 1 }

    /// Merges the calibration of another thread.
    mutating func merge(_ other: Calibration) {
        maxima.merge(other.maxima) { $1.isNaN || $1 > $0 ? $1 : $0 }
        imageCount += other.imageCount
    }
}
