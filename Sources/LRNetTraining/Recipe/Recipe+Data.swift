package import LRNetData
internal import LRNetSupport

extension Recipe {
    /// Returns the order of samples in an epoch.
    ///
    /// - Parameter seed: The seed of the steps, or that of the recipe for other uses.
    package func epochPlan(epoch: Int, sampleCount: Int, seed: UInt64) -> EpochPlan {
        guard data.shuffle == .block else {
            return EpochPlan(seed: seed, epoch: epoch, count: sampleCount)
        }
        return EpochPlan(
            seed: seed, epoch: epoch, count: sampleCount,
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
    /// - Parameter seed: The seed of the steps; by default, that of the recipe.
    /// - Throws: `Failure` if the recipe and the set do not fit.
    package convenience init(
        _ recipe: Recipe, seed: UInt64? = nil, for set: ShardSet
    ) throws {
        try self.init(recipe.augmentation, seed: seed ?? recipe.training.seed, for: set)
    }
}

extension ShardReader {
    /// Creates a reader with the recipe's cache size.
    package convenience init(_ recipe: Recipe, set: ShardSet, split: DataSplit) throws {
        try self.init(set: set, split: split, cacheByteCount: recipe.data.cacheByteCount)
    }
}
