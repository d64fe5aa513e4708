package import LRNetKernels
import LRNetSupport

/// Converts the images of one set to network inputs, with one recipe and seed.
///
/// The result is a pure function of (recipe, seed, epoch, sample). It does not depend on rank,
/// thread or order of calls.
package final class Augmenter: Sendable {
    /// The augmentation recipe.
    package let recipe: Augmentation

    /// The preprocessing for evaluation, with the set's means and standard deviations.
    package let preprocessing: Preprocessing

    /// The shape of every result.
    package var outputShape: ImageShape { preprocessing.shape }

    private let seed: UInt64
    private let standardizer: ChannelAffine?

    /// Scratch memory of one thread, reused from image to image.
    package final class Scratch {
        let resizer = ImageResizer()

        package init() {}
    }

    /// Prepares the augmentation of a set.
    ///
    /// - Parameters:
    ///   - recipe: The augmentation recipe.
    ///   - seed: The seed of the run.
    ///   - set: The data set. Its shape defines the channels, and the image size if the recipe has
    ///     no crop.
    /// - Throws: `Failure` (65) that names values and a remedy if recipe and set do not fit
    ///   together.
    package init(_ recipe: Augmentation, seed: UInt64, for set: ShardSet) throws {
        self.recipe = recipe
        self.seed = seed
        let shape = ImageShape(
            height: recipe.crop ?? set.shape.height, width: recipe.crop ?? set.shape.width,
            channels: set.shape.channels)
        let site = FailureSite("augmentation", set.directory)
        guard set.index.encoding == .raw || recipe.crop != nil else {
            throw site.badData("contains images of varying size; set augmentation.crop")
        }
        let scaling: Preprocessing.Scaling
        switch recipe.standardize {
        case .none: scaling = .unit
        case .image: scaling = .image
        case .set:
            if let channel = set.index.deviation.firstIndex(where: { !($0 > 0) }) {
                throw site.badData(
                    "channel \(channel) of the train split has standard deviation "
                        + "\(set.index.deviation[channel]), so it cannot be standardized; set "
                        + "augmentation.standardize=none or image")
            }
            scaling = .channels(mean: set.index.mean, deviation: set.index.deviation)
        case .constants(let mean, let deviation):
            guard mean.count == shape.channels && deviation.count == mean.count else {
                throw site.badData(
                    "has \(shape.channels) channels, but augmentation.standardize has "
                        + "\(mean.count) means and \(deviation.count) standard deviations; "
                        + "specify one of each per channel")
            }
            scaling = .channels(mean: mean, deviation: deviation)
        }
        preprocessing = Preprocessing(
            shorterSide: recipe.shorterSide?.lowerBound, crop: recipe.crop, pad: recipe.pad,
            shape: shape, scaling: scaling)
        standardizer =
            if case .channels(let mean, let deviation) = scaling {
                ChannelAffine(standardizing: mean, deviation: deviation)
            } else { nil }
        if let problem = sizeProblem(height: set.shape.height, width: set.shape.width) {
            throw site.badData("has images of \(set.shape); \(problem)")
        }
    }

    /// Returns a message with a remedy if an image of this size cannot be cropped, `nil` otherwise.
    func sizeProblem(height: Int, width: Int) -> String? {
        guard AugmentationDraw(recipe, height: height, width: width, key: nil) == nil else {
            return nil
        }
        let size = recipe.crop.map { "\($0)x\($0)" } ?? ""
        return "augmentation.crop \(size) does not fit with shorterSide "
            + (recipe.shorterSide.map { "\($0.lowerBound)" } ?? "unset")
            + " and pad \(recipe.pad); lower crop, or raise pad or shorterSide"
    }

    /// Converts an image to a network input.
    ///
    /// - Parameters:
    ///   - pixels: The image, `[height, width, channels]`.
    ///   - shape: The shape of the image.
    ///   - sample: The position of the sample in its split.
    ///   - epoch: The epoch, for the random variant; `nil` for the variant used in evaluation.
    ///   - scratch: The scratch memory of the calling thread.
    ///   - target: Overwritten; `[outputShape]`.
    /// - Throws: ``Failure`` (65) if the image is too small or has a different number of channels.
    func apply(
        _ pixels: ArraySlice<UInt8>, shape: ImageShape, sample: Int, epoch: Int?,
        scratch: Scratch, into target: FloatView
    ) throws {
        let site = FailureSite("augmentation", "sample \(sample)")
        let key = epoch.map {
            NoiseKey(
                seed: seed, purpose: .augmentation, step: UInt32($0), index: UInt32(sample))
        }
        guard
            let draw = AugmentationDraw(
                recipe, height: shape.height, width: shape.width, key: key)
        else {
            let problem = sizeProblem(height: shape.height, width: shape.width) ?? "has no crop"
            throw site.badData("is \(shape); \(problem)")
        }
        let result = ImageShape(
            height: draw.window.height, width: draw.window.width, channels: shape.channels)
        guard result == outputShape else {
            throw site.badData(
                "becomes \(result), but the network needs \(outputShape); set augmentation.crop")
        }
        scratch.resizer.crop(
            pixels, shape: shape, height: draw.height, width: draw.width,
            window: draw.window, into: target)
        if draw.brightness != 0 || draw.contrast != 1 { Self.adjust(target, draw, shape.channels) }
        standardize(target)
    }

    /// Computes `(x + brightness - mean[c]) * contrast + mean[c]`, where `mean` is the channel mean
    /// of the brightened image.
    private static func adjust(_ image: FloatView, _ draw: AugmentationDraw, _ channels: Int) {
        let means = ImageKernels.channelMeans(image, channels: channels)
        ChannelAffine(
            factors: means.map { _ in Float(draw.contrast) },
            offsets: means.map { Float(draw.brightness + $0 * (1 - draw.contrast)) }
        ).apply(image)
    }

    private func standardize(_ image: FloatView) {
        switch preprocessing.scaling {
        case .unit: ImageKernels.divide(image, by: 255)
        case .image: ImageKernels.standardize(image)
        case .channels: standardizer?.apply(image)
        }
    }
}
