package import LRNetKernels

/// The deterministic conversion of an image to a network input, as used in evaluation.
///
/// The steps in order: resize the shorter side, crop the center, scale the values. A finished
/// network stores it, because its weights are only valid for this input.
package struct Preprocessing: Sendable, Equatable, Codable {
    /// The last step, applied to values from 0 to 255.
    package enum Scaling: Sendable, Equatable, Codable {
        /// `value / 255`
        case unit
        /// `(value - mean) / max(deviation, 1 / sqrt(N))` over the N values of the crop.
        case image
        /// `(value / 255 - mean[c]) / deviation[c]`
        case channels(mean: [Double], deviation: [Double])
    }

    /// The shorter side before the crop, in pixels; `nil` for no resize.
    package let shorterSide: Int?

    /// The height and width of the center crop, in pixels; `nil` for no crop.
    package let crop: Int?

    /// The width in pixels of the black border that the crop may extend into.
    package let pad: Int

    /// The shape of the network's input. Height and width are those of the crop.
    package let shape: ImageShape

    package let scaling: Scaling

    package init(
        shorterSide: Int?, crop: Int? = nil, pad: Int = 0, shape: ImageShape, scaling: Scaling
    ) {
        self.shorterSide = shorterSide
        self.crop = crop
        self.pad = pad
        self.shape = shape
        self.scaling = scaling
    }
}
