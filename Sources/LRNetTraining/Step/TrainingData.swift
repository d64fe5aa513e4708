package import LRNetCollectives
package import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// The opened training split, and the order in which steps read it.
package struct TrainingData {
    package let set: ShardSet
    let reader: ShardReader
    package let augmenter: Augmenter
    package let sequence: BatchSequence

    private init(
        set: ShardSet, reader: ShardReader, augmenter: Augmenter, sequence: BatchSequence
    ) {
        (self.set, self.reader) = (set, reader)
        (self.augmenter, self.sequence) = (augmenter, sequence)
    }

    /// Opens a data set for training. Every rank calls it.
    ///
    /// - Throws: An error that all ranks agree on: data that are missing, damaged or do not fit the
    ///   recipe.
    package init(path: String, recipe: Recipe, group: any ProcessGroup) throws {
        let set = try Self.openSet(path, recipe: recipe, group: group)
        self.set = set
        (reader, augmenter) = try group.agreeing {
            (try ShardReader(recipe, set: set, split: .train), try Augmenter(recipe, for: set))
        }
        sequence = BatchSequence(recipe: recipe, sampleCount: recipe.trainingCount(of: set))
    }

    /// Returns the data in the order, and with the augmentation, of another seed.
    ///
    /// - Throws: `Failure` if the recipe and the set do not fit.
    package func with(seed: UInt64) throws -> TrainingData {
        var sequence = sequence
        sequence.seed = seed
        return TrainingData(
            set: set, reader: reader,
            augmenter: try Augmenter(sequence.recipe, seed: seed, for: set), sequence: sequence)
    }

    /// Returns this rank's batches from step `first` (counted from 0), loaded in advance. Every
    /// rank calls it.
    ///
    /// - Throws: An error that all ranks agree on, if the system cannot create a thread.
    package func batches(from first: Int, _ context: RankContext) throws -> BatchSource {
        let threads = try context.group.agreeing {
            try LoaderThreads(workers: context.recipe.data.workers)
        }
        return BatchSource(
            loader: BatchLoader(
                reader: reader, augmenter: augmenter, threads: threads,
                capacity: context.capacity,
                requests: sequence.requests(from: first, leafRun: context.leafRun)),
            capacity: context.capacity, shape: augmenter.outputShape)
    }

    /// Opens a data set on every rank and checks that it fits the recipe, and that the recipe can
    /// train on it. Every rank calls it.
    package static func openSet(
        _ path: String, recipe: Recipe, group: any ProcessGroup
    ) throws -> ShardSet {
        try SharedShardSet.open(path, group: group) { set in
            try check(set, recipe)
            try BatchNormCheck.check(recipe, sampleCount: recipe.trainingCount(of: set))
        }
    }

    /// Checks that the images and classes of the set fit the network.
    ///
    /// - Throws: `Failure` (65) with the mismatch and a remedy.
    static func checkShape(_ set: ShardSet, _ recipe: Recipe) throws {
        let site = FailureSite("data", set.directory)
        let architecture = recipe.architecture
        let made = try Augmenter(recipe, for: set).outputShape
        guard made == architecture.input else {
            let detail = made == set.shape ? "" : ", cropped to \(made),"
            let remedy =
                made.channels != architecture.input.channels
                    || made.height < architecture.input.height
                ? "choose another data set or network, or set network.input to \(made)"
                : "choose another data set or network, or set augmentation.crop"
            throw site.badData(
                "has images of \(set.shape)\(detail) but network \(architecture.name) needs "
                    + "\(architecture.input); \(remedy)")
        }
        guard set.classes == architecture.classes else {
            throw site.badData(
                "has \(set.classes) classes but network \(architecture.name) has "
                    + "\(architecture.classes); set network.classes to \(set.classes)")
        }
    }

    /// Checks that the recipe can train on the set.
    ///
    /// - Throws: `Failure` with the mismatch and a remedy: 65 for the set, 78 for the recipe.
    static func check(_ set: ShardSet, _ recipe: Recipe) throws {
        try checkShape(set, recipe)
        let site = FailureSite("data", set.directory)
        if let samples = recipe.data.samples, samples > set.count(.train) {
            throw site.badData(
                "has \(set.count(.train)) training images, fewer than data.samples \(samples)")
        }
        let batch = recipe.training.globalBatch
        guard set.count(.train) >= batch else {
            throw site.badData(
                "has \(set.count(.train)) training images, fewer than globalBatch \(batch); lower "
                    + "training.globalBatch")
        }
        let sequence = BatchSequence(recipe: recipe, sampleCount: recipe.trainingCount(of: set))
        guard sequence.totalSteps <= BatchSequence.stepLimit else {
            throw Failure(
                call: "recipe", subject: "training.epochs",
                message:
                    "\(recipe.training.epochs) epochs of \(sequence.stepsPerEpoch) steps are more than "
                    + "\(BatchSequence.stepLimit) steps; lower it, or set training.steps",
                exitStatus: .badRecipe)
        }
        guard recipe.validation.everyEpochs == 0 || set.count(.validation) > 0 else {
            throw site.badData(
                "has no validation split; import it with --validation N, or set "
                    + "validation.everyEpochs=0, which selects no network and writes no winner")
        }
    }
}
