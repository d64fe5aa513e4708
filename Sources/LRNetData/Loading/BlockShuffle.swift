/// A sample order that reads a set block by block: random, but nearly sequential on disk.
///
/// The split is divided into blocks of consecutive samples. An epoch permutes the blocks, then
/// shuffles the samples within each window of consecutive permuted blocks. The resulting sequence
/// is divided into one run per gradient leaf, and each batch takes the next samples of every leaf's
/// run:
///
///     batch s, leaf l, sample j  =  run[l][s * leafSize + j]
///
/// A leaf therefore goes through its own blocks, window by window, and a rank reads only the blocks
/// of its own leaves: with R ranks, each rank reads about 1/R of the set per epoch. The order
/// depends on the number of leaves, which the recipe fixes, and not on the number of ranks.
package struct BlockShuffle: Sendable, Equatable {
    /// The number of samples in a block. The last block of a split may have fewer.
    package var blockSamples: Int

    /// The number of blocks that are shuffled together. A leaf keeps this many blocks in memory.
    package var windowBlocks: Int

    /// The number of gradient leaves in a batch.
    package var leaves: Int

    /// The number of samples in a leaf.
    package var leafSize: Int

    /// - Precondition: All values are positive.
    package init(blockSamples: Int, windowBlocks: Int, leaves: Int, leafSize: Int) {
        precondition(
            blockSamples > 0 && windowBlocks > 0 && leaves > 0 && leafSize > 0,
            "blocks of \(blockSamples), windows of \(windowBlocks), \(leaves) x \(leafSize)")
        self.blockSamples = blockSamples
        self.windowBlocks = windowBlocks
        self.leaves = leaves
        self.leafSize = leafSize
    }
}
