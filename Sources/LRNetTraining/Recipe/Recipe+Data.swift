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

extension Recipe.DataReading {
    /// Reads the section `data`.
    mutating func read(_ section: RecipeSection) throws {
        try section.read("samples", &samples, in: 1...)
        try section.read("shuffle", &shuffle)
        try section.read("blockSamples", &blockSamples, in: 1...)
        try section.read("windowBlocks", &windowBlocks, in: 1...)
        try section.read("workers", &workers, in: 1...)
        try section.read("cacheMegabytes", &cacheMegabytes, in: 0...)
        try section.finish()
    }

    /// The section as a recipe file has it.
    ///
    /// Without a limit it has no key for one, so runs of versions that knew none go on.
    var yaml: String {
        let limit = samples.map { "\n  samples: \($0)" } ?? ""
        return """
            data:\(limit)
              shuffle: \(shuffle.rawValue)
              blockSamples: \(blockSamples)
              windowBlocks: \(windowBlocks)
              workers: \(workers)
              cacheMegabytes: \(cacheMegabytes)
            """
    }
}
