package import LRNetKernels

/// How a picture becomes a network's input in evaluation, where nothing is random.
///
/// In this order: resize the shorter side, cut out the center, scale the values. A finished network carries
/// it, because its weights fit no other input.
package struct Preprocessing: Sendable, Equatable, Codable {
    /// The last step, on values from 0 to 255.
    package enum Scaling: Sendable, Equatable, Codable {
        /// `value / 255`
        case unit
        /// `(value - mean) / max(deviation, 1 / sqrt(N))` over the N values of the crop.
        case image
        /// `(value / 255 - mean[c]) / deviation[c]`
        case channels(mean: [Double], deviation: [Double])
    }

    /// Pixels of the shorter side before the crop; `nil` for pictures as they are.
    package let shorterSide: Int?

    /// Rows and columns of the central crop; `nil` for pictures as they are.
    package let crop: Int?

    /// Black pixels around the picture that the crop may reach into.
    package let pad: Int

    /// The network's input: rows and columns are those of the crop.
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
