import LRNetKernels
import LRNetSupport

/// The hash over the samples of each split.
///
/// A hash covers the samples in order, although shards may be finished in any order. It therefore
/// covers the finished shards before the first unfinished one.
struct SampleHashes {
    /// The storage format, for reading shards again.
    let storage: ImageStorage

    private var hashes: [DataSplit: ContentHash] = [:]
    private var shardCount = 0

    init(storage: ImageStorage) {
        self.storage = storage
    }

    /// Adds the shards before `end` that have not been added, from their files.
    ///
    /// - Parameters:
    ///   - shards: The shards of all splits, in order.
    ///   - notes: The notes of the finished shards; all shards before `end` are finished.
    /// - Throws: ``Failure`` (65) for a shard that was damaged after it was written, or an error of
    ///   reading.
    mutating func follow(
        _ shards: [ImageShard], until end: Int, notes: FinishedShards, in folder: String
    ) throws {
        while shardCount < end {
            let shard = shards[shardCount]
            guard let note = notes[shard] else {
                preconditionFailure("shard \(shard.name) of \(end) to hash is not finished")
            }
            let file = try OpenShard(
                note.shard, directory: folder, encoding: storage.encoding, shape: storage.shape,
                classes: .max)
            let part = ImagePlan.defaultShardSampleCount
            for first in stride(from: 0, to: file.count, by: part) {
                let samples = try file.samples(first..<min(first + part, file.count))
                samples.update(&hashes[shard.split, default: ContentHash()])
            }
            shardCount += 1
        }
    }

    /// Adds the next shard from memory.
    mutating func add(_ samples: ShardSamples, of shard: ImageShard) {
        samples.update(&hashes[shard.split, default: ContentHash()])
        shardCount += 1
    }

    /// Returns the hash of a split in hexadecimal.
    func hex(_ split: DataSplit) -> String { (hashes[split] ?? ContentHash()).hex }
}
