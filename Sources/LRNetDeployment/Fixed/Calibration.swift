/// The largest magnitudes of a network's activations over some pictures, from which the units of fixed-point
/// activations follow.
///
/// The maximum, not a percentile: clipping made networks worse.
package struct Calibration: Sendable, Equatable {
    /// By the name of an affine map or residual block, and ``inputName`` for the standardized pictures.
    package private(set) var maxima: [String: Float] = [:]

    package private(set) var pictureCount = 0

    package static let inputName = "input"

    package init() {}

    /// The result of an earlier calibration.
    package init(maxima: [String: Float]) { self.maxima = maxima }

    /// Takes in the values of a tensor of one picture.
    mutating func add(_ name: String, _ values: [Float]) {
        // NaN stays: `max` would drop it.
        let largest = values.reduce(0) { $1.isNaN || abs($1) > $0 ? abs($1) : $0 }
        let known = maxima[name] ?? 0
        maxima[name] = largest.isNaN || largest > known ? largest : known
    }

    mutating func countImage() { pictureCount += 1 }

    /// Takes in what another thread has seen.
    mutating func merge(_ other: Calibration) {
        maxima.merge(other.maxima) { $1.isNaN || $1 > $0 ? $1 : $0 }
        pictureCount += other.pictureCount
    }
}
