internal import LRNetData
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// A network file that is used without the run it comes from.
package struct StoredNetwork {
    package let file: NetworkFile

    package let description: NetworkDescription

    /// The recipe for inference: architecture, method, preprocessing, and a batch size that limits
    /// memory use. Keys that only training reads have their defaults.
    package let recipe: Recipe

    /// The number of values per input at which the batch becomes small.
    private static let largeInput = 16_384

    /// Reads the metadata of a file.
    ///
    /// - Throws: `Failure` (65) that names the file if it is of format 1 or 2 or of a later
    ///   version.
    package init(_ file: NetworkFile) throws {
        self.file = file
        let site = FailureSite("network", file.path)
        guard let description = try file.description() else {
            throw site.badData(
                "was written by an earlier version and does not contain its architecture; pass the "
                    + "run's folder with --weights winner")
        }
        self.description = description
        let metadata = file.contents.metadata
        guard let method = metadata["weights"], let model = TrainingMethod(rawValue: method) else {
            throw site.badData(
                "has method '\(metadata["weights"] ?? "")', which this version does not know")
        }
        guard let epsilon = metadata["batchNormEpsilon"].flatMap(Double.init), epsilon > 0 else {
            throw site.badData("has no batchNormEpsilon")
        }
        if let problem = model.problem(with: description.architecture) {
            throw site.badData(problem)
        }
        recipe = Self.recipe(
            description, model: model, epsilon: epsilon,
            loss: metadata["loss"].flatMap(LossFunction.init(rawValue:)))
    }

    /// Returns the recipe for inference with a network.
    package static func recipe(
        _ description: NetworkDescription, model: TrainingMethod, epsilon: Double,
        loss: LossFunction?
    ) -> Recipe {
        let (architecture, preprocessing) = (description.architecture, description.preprocessing)
        var recipe = Recipe()
        recipe.network.name = architecture.name
        recipe.network.layers = architecture.blocks.map(\.description)
        recipe.network.input = architecture.input
        recipe.network.classes = architecture.classes
        recipe.network.padding = architecture.padding
        recipe.network.firstLayer = architecture.firstLayer
        recipe.network.shortcut = architecture.shortcut
        recipe.network.lastLayer = architecture.lastLayer
        recipe.weights.model = model
        recipe.batchNorm.epsilon = epsilon
        recipe.loss = loss ?? .crossEntropy
        recipe.augmentation.shorterSide = preprocessing.shorterSide.map { $0...$0 }
        recipe.augmentation.crop = preprocessing.crop
        recipe.augmentation.pad = preprocessing.pad
        recipe.augmentation.standardize =
            switch preprocessing.scaling {
            case .unit: .none
            case .image: .image
            case .channels(let mean, let deviation): .constants(mean: mean, deviation: deviation)
            }
        recipe.training.globalBatch = architecture.input.count < largeInput ? 256 : 32
        recipe.training.microBatch = recipe.training.leafSize
        recipe.validation.everyEpochs = 0
        return recipe
    }
}
