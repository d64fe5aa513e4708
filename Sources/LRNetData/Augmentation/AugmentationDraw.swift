import LRNetKernels

/// The augmentation of one image: a pure function of the recipe, the image size and, in training,
/// (seed, epoch, sample).
struct AugmentationDraw: Equatable {
    /// The height of the resized image in pixels.
    var height: Int

    /// The width of the resized image in pixels.
    var width: Int

    /// The window cropped from the resized image.
    var window: CropWindow

    /// The value added to each pixel value, on the scale 0...255.
    var brightness = 0.0

    /// The factor that scales distances from the channels' means.
    var contrast = 1.0

    /// The positions of the random numbers in a noise key.
    private enum Element {
        static let row = 0
        static let column = 1
        static let mirror = 2
        static let side = 3
        static let brightness = 4
        static let contrast = 5
    }

    /// Draws the augmentation of an image.
    ///
    /// - Parameters:
    ///   - height: The height of the image in pixels.
    ///   - width: The width of the image in pixels.
    ///   - key: The noise key of the sample; `nil` for evaluation.
    /// - Returns: `nil` if the crop does not fit in the image.
    init?(_ recipe: Augmentation, height: Int, width: Int, key: NoiseKey?) {
        (self.height, self.width) = (height, width)
        if let sides = recipe.shorterSide {
            let side =
                sides.lowerBound
                + (key?.integer(Element.side, below: sides.count) ?? 0)
            let shorter = min(height, width)
            self.height = height * side / shorter
            self.width = width * side / shorter
        }
        let rows = recipe.crop ?? self.height
        let columns = recipe.crop ?? self.width
        let freeRows = self.height + 2 * recipe.pad - rows
        let freeColumns = self.width + 2 * recipe.pad - columns
        guard freeRows >= 0 && freeColumns >= 0 else { return nil }
        guard let key else {
            // The shift rounds down even if the crop extends beyond the image.
            window = CropWindow(
                top: (self.height - rows) >> 1, left: (self.width - columns) >> 1, height: rows,
                width: columns)
            return
        }
        window = CropWindow(
            top: key.integer(Element.row, below: freeRows + 1) - recipe.pad,
            left: key.integer(Element.column, below: freeColumns + 1) - recipe.pad,
            height: rows, width: columns,
            isMirrored: recipe.flip && key.integer(Element.mirror, below: 2) == 1)
        if recipe.brightness > 0 {
            brightness = 255 * recipe.brightness * (2 * key.uniform(Element.brightness) - 1)
        }
        let factors = recipe.contrast
        if factors.lowerBound < factors.upperBound {
            contrast =
                factors.lowerBound
                + (factors.upperBound - factors.lowerBound) * key.uniform(Element.contrast)
        } else {
            contrast = factors.lowerBound
        }
    }
}
