/// The conversion of images to network inputs: the random steps of training and the fixed ones.
///
/// The steps follow the order of the LR-nets authors' programs: resize to a shorter side, pad with
/// black, crop, mirror, change brightness, change contrast, standardize. Evaluation uses the
/// smallest shorter side and the center crop, and skips the random steps. By default, images are
/// only scaled to [0, 1].
///
/// | | pad | crop | shorter side | mirror | standardize | also for source networks |
/// |---|---|---|---|---|---|---|
/// | CIFAR-10, the paper | 4 | 32 | | yes | per image | |
/// | CIFAR-10, authors' code | 2 | 32 | | yes | per image | brightness 63/255, contrast 0.2-1.8 |
/// | ImageNet | 0 | 224 | 256 | yes | constants | side 256-479, brightness 0.4, contrast 0.6-1.4 |
package struct Augmentation: Sendable, Equatable {
    /// The range of the resized image's shorter side in pixels, drawn for each image. The longer
    /// side follows in proportion, rounded down. `nil` for no resize.
    package var shorterSide: ClosedRange<Int>?

    /// The width in pixels of the black border around the (resized) image while it is cropped in
    /// training.
    package var pad = 0

    /// The height and width of the crop in pixels; `nil` for the size of the image.
    package var crop: Int?

    /// True if each image is mirrored left to right with probability 1/2.
    package var flip = false

    /// The largest value added to or subtracted from pixel values, as a fraction of white.
    package var brightness = 0.0

    /// The range of the factor that scales each value's distance from its channel's mean.
    package var contrast: ClosedRange<Double> = 1...1

    /// The final scaling of the values.
    package var standardize = Standardization.none

    /// The method of the final scaling.
    package enum Standardization: Sendable, Equatable {
        /// `value / 255`.
        case none
        /// `(value - mean) / max(deviation, 1 / sqrt(N))` over the N values of the crop, including
        /// the black border, on the scale 0...255 (TensorFlow's `per_image_standardization`).
        case image
        /// Like ``constants(mean:deviation:)``, with the means and standard deviations from the
        /// set's index.
        case set
        /// `(value / 255 - mean[c]) / deviation[c]`.
        case constants(mean: [Double], deviation: [Double])
    }

    /// Creates an augmentation that only divides by 255.
    package init() {}

    /// True if images are only divided by 255.
    package var isIdentity: Bool { self == Augmentation() }

    /// A readable summary: `pad 4, random crop 32, random mirror, standardized per image`.
    package var summary: String {
        var parts: [String] = []
        if let sides = shorterSide {
            parts.append(
                sides.count == 1
                    ? "shorter side \(sides.lowerBound)"
                    : "shorter side \(sides.lowerBound) to \(sides.upperBound)")
        }
        if pad > 0 { parts.append("pad \(pad)") }
        if crop != nil || pad > 0 {
            parts.append("random crop" + (crop.map { " \($0)" } ?? ""))
        }
        if flip { parts.append("random mirror") }
        if brightness > 0 { parts.append("brightness +-\(brightness)") }
        if contrast != 1...1 {
            parts.append("contrast \(contrast.lowerBound) to \(contrast.upperBound)")
        }
        switch standardize {
        case .none: parts.append("scale [0, 1]")
        case .image: parts.append("standardized per image")
        case .set: parts.append("standardized by the set's mean and standard deviation")
        case .constants: parts.append("standardized by constants")
        }
        return parts.joined(separator: ", ")
    }
}
