internal import LRNetData
internal import LRNetKernels
internal import LRNetSupport

/// Warnings if a set and a recipe's order of samples would read the disk repeatedly.
///
/// The advice changes nothing itself: the order of samples determines the run's bits, so it must
/// not depend on a machine's memory.
struct DataAdvice {
    /// The warnings, one line each.
    let lines: [String]

    /// Compares the data that a rank with `leafCount` leaves reads repeatedly with the size of its
    /// cache.
    init(recipe: Recipe, set: ShardSet, leafCount: Int) {
        let data = recipe.data
        let count = recipe.trainingCount(of: set)
        let splitByteCount = set.index[.train]?.shards.map(\.byteCount).reduce(0, +) ?? 0
        let byteCount = splitByteCount * count / max(set.count(.train), 1)
        guard byteCount > data.cacheByteCount else {
            lines = []
            return
        }
        func megabytes(_ count: Int) -> String { TextTable.grouped(count / 1_000_000) + " MB" }
        guard data.shuffle == .block else {
            lines = [
                "data: \(megabytes(byteCount)) of training images exceed data.cacheMegabytes "
                    + "\(data.cacheMegabytes), and a full shuffle reads a whole chunk for almost every "
                    + "image; set data.shuffle=block (which changes the results) or raise "
                    + "data.cacheMegabytes"
            ]
            return
        }
        var lines: [String] = []
        let sampleByteCount = byteCount / max(count, 1)
        let chunk = max(ShardReader.typicalChunkByteCount / max(sampleByteCount, 1), 1)
        if data.blockSamples < 2 * chunk {
            lines.append(
                "data: blocks of \(data.blockSamples) samples are hardly larger than a chunk of about "
                    + "\(chunk), so chunks are read more than once; set data.blockSamples to "
                    + "\(4 * chunk) or more (which changes the results)")
        }
        let window = min(data.windowBlocks * data.blockSamples, count) * sampleByteCount
        if leafCount * window > data.cacheByteCount {
            lines.append(
                "data: \(leafCount) leaves with windows of \(megabytes(window)) each exceed "
                    + "data.cacheMegabytes \(data.cacheMegabytes), so chunks are read more than once; "
                    + "raise data.cacheMegabytes to \(leafCount * window / 900_000), start more ranks, "
                    + "or lower data.windowBlocks (which changes the results)")
        }
        self.lines = lines
    }
}
