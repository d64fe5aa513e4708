internal import LRNetData
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// A network's file that is used by itself, without the run that it comes from.
package struct StoredNetwork {
    package let file: NetworkFile

    package let description: NetworkDescription

    /// What is needed to run the network: its architecture and method, how pictures become inputs, and a batch
    /// whose memory suits its input. Keys that only training reads have their defaults.
    package let recipe: Recipe

    /// Values of an input from which on batches are small.
    private static let largeInput = 16_384

    /// Understands a file.
    ///
    /// - Throws: `Failure` (65) naming the file, if it is of format 1 or 2 or of a later version.
    package init(_ file: NetworkFile) throws {
        self.file = file
        let site = FailureSite("network", file.path)
        guard let description = try file.description() else {
            throw site.badData(
                "was written by an earlier version and does not contain its architecture; give the "
                    + "run's folder with --weights winner")
        }
        self.description = description
        let metadata = file.contents.metadata
        guard let method = metadata["weights"], let model = TrainingMethod(rawValue: method) else {
            throw site.badData(
                "is of method '\(metadata["weights"] ?? "")', which this version does not know")
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

    /// What runs a network of a description.
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
