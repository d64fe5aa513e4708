package import LRNetData
internal import LRNetSupport

extension Recipe {
    /// The order of an epoch.
    package func epochPlan(epoch: Int, sampleCount: Int) -> EpochPlan {
        guard data.shuffle == .block else {
            return EpochPlan(seed: training.seed, epoch: epoch, count: sampleCount)
        }
        return EpochPlan(
            seed: training.seed, epoch: epoch, count: sampleCount,
            blocks: BlockShuffle(
                blockSamples: data.blockSamples, windowBlocks: data.windowBlocks,
                leaves: training.gradientLeaves, leafSize: training.leafSize))
    }
}

extension Recipe {
    /// The number of samples that are trained on: all of the set, or the first of them.
    package func trainingCount(of set: ShardSet) -> Int {
        min(data.samples ?? .max, set.count(.train))
    }
}

extension Augmenter {
    /// What the recipe makes of a set's pictures.
    ///
    /// - Throws: `Failure` if the two do not fit.
    package convenience init(_ recipe: Recipe, for set: ShardSet) throws {
        try self.init(recipe.augmentation, seed: recipe.training.seed, for: set)
    }
}

extension ShardReader {
    /// A reader with the recipe's memory.
    package convenience init(_ recipe: Recipe, set: ShardSet, split: DataSplit) throws {
        try self.init(set: set, split: split, cacheByteCount: recipe.data.cacheByteCount)
    }
}
