/// How pictures become the network's inputs: what is random in training, and what never is.
///
/// In this order, as in the LR-nets authors' programs: resize to a shorter side, pad with black,
/// crop, mirror, brightness, contrast, standardise. Evaluation takes the smallest shorter side and
/// the centre, and leaves out what is random. The default leaves pictures as they are, on the
/// scale [0, 1].
///
/// | | pad | crop | shorter side | mirror | standardise | source networks also |
/// |---|---|---|---|---|---|---|
/// | CIFAR-10, the paper | 4 | 32 | | yes | per image | |
/// | CIFAR-10, the authors' code | 2 | 32 | | yes | per image | brightness 63/255, contrast 0.2-1.8 |
/// | ImageNet | 0 | 224 | 256 | yes | constants | side 256-479, brightness 0.4, contrast 0.6-1.4 |
package struct Augmentation: Sendable, Equatable {
    /// Rows or columns of the resized picture's shorter side, drawn for each picture; the longer side
    /// follows in proportion, rounded down. `nil` for no resize.
    package var shorterSide: ClosedRange<Int>?

    /// Black pixels around the (resized) picture while it is cropped in training.
    package var pad = 0

    /// Rows and columns of what is cut out; `nil` for those of the picture.
    package var crop: Int?

    /// Whether half of the pictures are mirrored, left to right.
    package var flip = false

    /// The largest number that is added to a picture's values, as a share of white; either sign.
    package var brightness = 0.0

    /// What a picture's distances from its channels' means are multiplied by.
    package var contrast: ClosedRange<Double> = 1...1

    /// The last step.
    package var standardize = Standardization.none

    /// How values are brought to their final scale.
    package enum Standardization: Sendable, Equatable {
        /// `value / 255`.
        case none
        /// `(value - mean) / max(deviation, 1 / sqrt(N))` over the N values of the crop, black border
        /// included, on the scale 0...255 (TensorFlow's `per_image_standardization`).
        case image
        /// As ``constants(mean:deviation:)``, with the numbers in the set's index.
        case set
        /// `(value / 255 - mean[c]) / deviation[c]`.
        case constants(mean: [Double], deviation: [Double])
    }

    /// Creates the augmentation that changes nothing.
    package init() {}

    /// Whether pictures reach the network as they are, divided by 255.
    package var isIdentity: Bool { self == Augmentation() }

    /// A line for people: `pad 4, random crop 32, random mirror, standardised per image`.
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
        case .image: parts.append("standardised per image")
        case .set: parts.append("standardised by the set's mean and deviation")
        case .constants: parts.append("standardised by constants")
        }
        return parts.joined(separator: ", ")
    }
}
