package import LRNetKernels

/// Converts single images to network inputs, as evaluation does with the images of a data set.
package struct ImageInput {
    private let preprocessing: Preprocessing
    private let recipe: Augmentation
    private let resizer = ImageResizer()

    package init(_ preprocessing: Preprocessing) {
        self.preprocessing = preprocessing
        var recipe = Augmentation()
        recipe.shorterSide = preprocessing.shorterSide.map { $0...$0 }
        recipe.crop = preprocessing.crop
        recipe.pad = preprocessing.pad
        self.recipe = recipe
    }

    /// Returns the image in the network's size, with values from 0 to 255, before they are scaled.
    ///
    /// - Parameters:
    ///   - isResized: True to crop the largest central part of an image of another size and scale
    ///     it.
    /// - Throws: ``ImageProblem`` if the size does not fit.
    package func pixels(_ picture: PixelImage, isResized: Bool = false) throws -> FloatView {
        let shape = preprocessing.shape
        var image = shape.channels == 1 ? picture.gray : picture
        if preprocessing.shorterSide == nil {
            // Images of other sizes than in training would silently be cropped or framed in black.
            let border = 2 * preprocessing.pad
            let hasTrainingSize =
                image.height == shape.height && image.width == shape.width
                || image.height + border == shape.height && image.width + border == shape.width
            guard hasTrainingSize || isResized else {
                throw ImageProblem(
                    "is \(image.height)x\(image.width)x\(image.channels), but the network needs "
                        + "\(shape); use --resize to scale it")
            }
            if !hasTrainingSize { image = image.covering(height: shape.height, width: shape.width) }
        }
        let size = ImageShape(
            height: image.height, width: image.width, channels: image.channels)
        guard
            let draw = AugmentationDraw(
                recipe, height: image.height, width: image.width, key: nil),
            draw.window.height == shape.height, draw.window.width == shape.width,
            size.channels == shape.channels
        else {
            throw ImageProblem(
                "is \(size), but the network needs \(shape); use --resize to scale it")
        }
        let target = FloatBuffer(count: shape.count).all
        resizer.crop(
            image.pixels[...], shape: size, height: draw.height, width: draw.width,
            window: draw.window, into: target)
        return target
    }

    /// Scales values from 0 to 255, in place.
    package func scale(_ pixels: FloatView) {
        switch preprocessing.scaling {
        case .unit: ImageKernels.divide(pixels, by: 255)
        case .image: ImageKernels.standardize(pixels)
        case .channels(let mean, let deviation):
            ChannelAffine(standardizing: mean, deviation: deviation).apply(pixels)
        }
    }
}

extension PixelImage {
    /// The image in gray: `0.299 red + 0.587 green + 0.114 blue`, rounded (ITU-R BT.601).
    var gray: PixelImage {
        guard channels == 3 else { return self }
        return PixelImage(
            height: height, width: width, channels: 1,
            pixels: (0..<height * width).map { index in
                let (red, green, blue) = (
                    Int(pixels[3 * index]), Int(pixels[3 * index + 1]), Int(pixels[3 * index + 2])
                )
                return UInt8((299 * red + 587 * green + 114 * blue + 500) / 1000)
            })
    }
}
