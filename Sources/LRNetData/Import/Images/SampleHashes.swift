import LRNetKernels
import LRNetSupport

/// The hash over the samples of each split, which takes them in order, although shards are finished in
/// any: it follows the finished shards as far as there is no gap.
struct SampleHashes {
    /// How shards are read again.
    let storage: ImageStorage

    private var hashes: [DataSplit: ContentHash] = [:]
    private var shardCount = 0

    init(storage: ImageStorage) {
        self.storage = storage
    }

    /// Takes in the shards that come before `end` and have not been taken in, from their files.
    ///
    /// - Parameters:
    ///   - shards: The shards of all splits, in order.
    ///   - notes: Of the finished ones; all before `end` are finished.
    /// - Throws: ``Failure`` (65) for a shard that was damaged since; errors of reading.
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

    /// Takes in the next shard from memory.
    mutating func add(_ samples: ShardSamples, of shard: ImageShard) {
        samples.update(&hashes[shard.split, default: ContentHash()])
        shardCount += 1
    }

    /// A split's hash.
    func hex(_ split: DataSplit) -> String { (hashes[split] ?? ContentHash()).hex }
}
