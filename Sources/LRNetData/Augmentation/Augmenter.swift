package import LRNetKernels
import LRNetSupport

/// Turns pictures of one set into inputs of a network, by one recipe and seed.
///
/// What it makes of a picture is a pure function of (recipe, seed, epoch, sample): no rank, thread
/// or order of calls reaches it.
package final class Augmenter: Sendable {
    /// What is done.
    package let recipe: Augmentation

    /// The preprocessing of evaluation, with the numbers of the set.
    package let preprocessing: Preprocessing

    /// The shape of every result.
    package var outputShape: ImageShape { preprocessing.shape }

    private let seed: UInt64
    private let standardizer: ChannelAffine?

    /// Memory of one thread, used again from picture to picture.
    package final class Scratch {
        let resizer = ImageResizer()

        /// Creates it without memory.
        package init() {}
    }

    /// Prepares for a set.
    ///
    /// - Parameters:
    ///   - recipe: What is done.
    ///   - seed: The run's.
    ///   - set: Its shape gives the channels, and the size where the recipe has no crop.
    /// - Throws: ``Failure`` (65) naming values and remedy if the two do not fit.
    package init(_ recipe: Augmentation, seed: UInt64, for set: ShardSet) throws {
        self.recipe = recipe
        self.seed = seed
        let shape = ImageShape(
            height: recipe.crop ?? set.shape.height, width: recipe.crop ?? set.shape.width,
            channels: set.shape.channels)
        let site = FailureSite("augmentation", set.directory)
        guard set.index.encoding == .raw || recipe.crop != nil else {
            throw site.badData("holds pictures of varying size; set augmentation.crop")
        }
        let scaling: Preprocessing.Scaling
        switch recipe.standardize {
        case .none: scaling = .unit
        case .image: scaling = .image
        case .set:
            if let channel = set.index.deviation.firstIndex(where: { !($0 > 0) }) {
                throw site.badData(
                    "channel \(channel) of the train split has deviation "
                        + "\(set.index.deviation[channel]), so it cannot be standardised; set "
                        + "augmentation.standardize=none or image")
            }
            scaling = .channels(mean: set.index.mean, deviation: set.index.deviation)
        case .constants(let mean, let deviation):
            guard mean.count == shape.channels && deviation.count == mean.count else {
                throw site.badData(
                    "has \(shape.channels) channels, but augmentation.standardize has "
                        + "\(mean.count) means and \(deviation.count) deviations; give one a "
                        + "channel")
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

    /// Whether a picture of this size cannot be cropped, and what would help.
    func sizeProblem(height: Int, width: Int) -> String? {
        guard AugmentationDraw(recipe, height: height, width: width, key: nil) == nil else {
            return nil
        }
        let size = recipe.crop.map { "\($0)x\($0)" } ?? ""
        return "augmentation.crop \(size) does not fit in, with shorterSide "
            + (recipe.shorterSide.map { "\($0.lowerBound)" } ?? "as it is")
            + " and pad \(recipe.pad); lower crop, or raise pad or shorterSide"
    }

    /// Makes an input of a picture.
    ///
    /// - Parameters:
    ///   - pixels: The picture, `[height, width, channels]`.
    ///   - shape: The picture's.
    ///   - sample: Its position in its split.
    ///   - epoch: The epoch, for the random variant; `nil` for the one of evaluation.
    ///   - scratch: The calling thread's.
    ///   - target: Overwritten; `[outputShape]`.
    /// - Throws: ``Failure`` (65) if the picture is too small or has other channels.
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
                "becomes \(result) where the network takes \(outputShape); set augmentation.crop")
        }
        scratch.resizer.crop(
            pixels, shape: shape, height: draw.height, width: draw.width,
            window: draw.window, into: target)
        if draw.brightness != 0 || draw.contrast != 1 { Self.adjust(target, draw, shape.channels) }
        standardize(target)
    }

    /// `(x + brightness - mean[c]) * contrast + mean[c]`, the means those of the brightened picture.
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
