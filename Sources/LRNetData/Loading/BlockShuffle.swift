/// An order of samples that reads a set block by block: random, but nearly sequential on disk.
///
/// The split is cut into blocks of consecutive samples. An epoch permutes the blocks, then shuffles
/// the samples within each window of consecutive permuted blocks. That long sequence is cut into one
/// run for each gradient leaf, and each batch takes its leaves' samples from the heads of their runs:
///
///     batch s, leaf l, sample j  =  run[l][s * leafSize + j]
///
/// So a leaf goes through its own blocks, window by window, and a rank reads only those of its
/// leaves: of R ranks each reads about a 1/R of the set an epoch. The order depends on the leaves,
/// which the recipe fixes, and not on ranks.
package struct BlockShuffle: Sendable, Equatable {
    /// Samples of a block; the split's last block may have fewer.
    package var blockSamples: Int

    /// Blocks that are shuffled together; what a leaf has to keep in memory.
    package var windowBlocks: Int

    /// Leaves of a batch.
    package var leaves: Int

    /// Samples of a leaf.
    package var leafSize: Int

    /// Creates a description.
    ///
    /// - Precondition: All are positive.
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
