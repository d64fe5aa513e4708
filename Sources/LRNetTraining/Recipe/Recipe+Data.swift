package import LRNetData
internal import LRNetSupport

extension Recipe {
    /// The seed of the random numbers that steps use: the order of samples, augmentation, noise,
    /// dropout and drawn weights.
    ///
    /// A run that starts from another run must not repeat its random numbers, even with its seed.
    /// Otherwise every image would have the dropout mask with which the source learned it in the same
    /// epoch, and the training loss would be too low.
    package var stepSeed: UInt64 {
        initialization.from == nil ? training.seed : training.seed ^ 0x9e37_79b9_7f4a_7c15
    }

    /// Returns the order of samples in an epoch.
    package func epochPlan(epoch: Int, sampleCount: Int) -> EpochPlan {
        guard data.shuffle == .block else {
            return EpochPlan(seed: stepSeed, epoch: epoch, count: sampleCount)
        }
        return EpochPlan(
            seed: stepSeed, epoch: epoch, count: sampleCount,
            blocks: BlockShuffle(
                blockSamples: data.blockSamples, windowBlocks: data.windowBlocks,
                leaves: training.gradientLeaves, leafSize: training.leafSize))
    }
}

extension Recipe {
    /// Returns the number of training samples to use: all samples of the split, or the first ones.
    package func trainingCount(of set: ShardSet) -> Int {
        min(data.samples ?? .max, set.count(.train))
    }
}

extension Augmenter {
    /// Creates the recipe's augmenter for the images of a set.
    ///
    /// - Throws: `Failure` if the recipe and the set do not fit.
    package convenience init(_ recipe: Recipe, for set: ShardSet) throws {
        try self.init(recipe.augmentation, seed: recipe.stepSeed, for: set)
    }
}

extension ShardReader {
    /// Creates a reader with the recipe's cache size.
    package convenience init(_ recipe: Recipe, set: ShardSet, split: DataSplit) throws {
        try self.init(set: set, split: split, cacheByteCount: recipe.data.cacheByteCount)
    }
}
