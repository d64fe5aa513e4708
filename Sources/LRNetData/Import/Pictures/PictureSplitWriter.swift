import LRNetKernels
import LRNetSupport

/// Converts the pictures of one split, shard by shard, each on all threads; shards that an earlier
/// run finished are kept.
struct PictureSplitWriter {
    /// The split.
    let split: DataSplit

    /// Its pictures in order, and the folder that their paths start from.
    let files: [PictureFile]
    let root: String

    /// The number of shards; shard `s` of `S` gets the pictures `N s / S ..< N (s + 1) / S`.
    let shardCount: Int

    /// What becomes of a picture.
    let conversion: PictureConversion

    /// What came of a split.
    struct Outcome {
        var entries: [ShardIndex.Shard] = []
        var samplesHash = ContentHash()
        var statistics = PixelStatistics(channels: 3)
        var unreadable: [FinishedShard.Unreadable] = []
        var resizedCount = 0
        var keptCount = 0

        var sampleCount: Int { entries.reduce(0) { $0 + $1.count } }
    }

    /// The pictures of a shard when no number of shards is asked for: about 150 MB of files, and a
    /// shard is made in memory.
    static let defaultShardSampleCount = 4096

    /// Writes the shards.
    ///
    /// - Parameters:
    ///   - folder: The folder of the growing set.
    ///   - progress: Called from any thread with the number of pictures done since the last call.
    ///   - shardDone: Called after each shard with what has come of the split so far; may end the
    ///     work by throwing.
    /// - Throws: ``SupportFailure`` (74) if a shard cannot be written.
    func write(
        to folder: String, pool: ThreadPool, progress: @Sendable (Int) -> Void,
        shardDone: (Outcome) throws -> Void
    ) throws -> Outcome {
        var outcome = Outcome()
        for number in 0..<shardCount {
            let range =
                files.count * number / shardCount..<files.count * (number + 1) / shardCount
            let name = ShardFile.name(split: split, number: number)
            let key = key(files[range])
            let finished: FinishedShard
            if let kept = FinishedShard.find(key: key, shard: name, in: folder) {
                try hash(kept, in: folder, into: &outcome)
                progress(range.count)
                finished = kept
                outcome.keptCount += 1
            } else {
                finished = try convert(
                    files[range], to: folder, as: name, key: key, pool: pool, progress: progress,
                    into: &outcome)
            }
            outcome.entries.append(finished.shard)
            outcome.statistics.add(finished.statistics)
            outcome.unreadable += finished.unreadable
            outcome.resizedCount += finished.resizedCount
            try shardDone(outcome)
        }
        return outcome
    }

    /// What a shard follows from: the rule of converting, and the files by name, class, size and
    /// time.
    private func key(_ files: ArraySlice<PictureFile>) -> String {
        var hash = ContentHash()
        hash.update("lrnet pictures 1 \(conversion.storage) \(conversion.decoder.pixelLimit)\n")
        for file in files { hash.update("\(file.path)\u{0}\(file.label) \(file.state)\n") }
        return hash.hex
    }

    private func convert(
        _ files: ArraySlice<PictureFile>, to folder: String, as name: String, key: String,
        pool: ThreadPool, progress: @Sendable (Int) -> Void, into outcome: inout Outcome
    ) throws -> FinishedShard {
        let first = files.startIndex
        let results = try ParallelWork.map(files.count, on: pool) { position in
            let result = Result {
                try conversion.convert(fileAt: "\(root)/\(files[first + position].path)")
            }
            progress(1)
            return result
        }
        var bytes: [UInt8] = []
        var offsets = [0]
        var labels: [Int32] = []
        var statistics = PixelStatistics(channels: 3)
        var unreadable: [FinishedShard.Unreadable] = []
        var resizedCount = 0
        for (file, result) in zip(files, results) {
            do {
                let picture = try result.get()
                bytes += picture.bytes
                offsets.append(bytes.count)
                labels.append(file.label)
                statistics.add(picture.statistics)
                resizedCount += picture.isResized ? 1 : 0
            } catch let problem as PictureProblem {
                unreadable.append(
                    FinishedShard.Unreadable(
                        path: "\(root)/\(file.path)", problem: problem.message))
            }
        }
        let shape = conversion.storage.shape
        let samples =
            switch conversion.storage {
            case .raw: ShardSamples(shape: shape, pixels: bytes, labels: labels)
            case .encoded:
                ShardSamples(shape: shape, files: bytes, offsets: offsets, labels: labels)
            }
        samples.update(&outcome.samplesHash)
        let finished = FinishedShard(
            key: key, shard: try ShardFile.write(samples, to: folder, as: name),
            statistics: statistics, unreadable: unreadable, resizedCount: resizedCount)
        try finished.write(to: folder)
        return finished
    }

    /// Reads a kept shard for the hash over all samples.
    private func hash(
        _ kept: FinishedShard, in folder: String, into outcome: inout Outcome
    ) throws {
        let storage = conversion.storage
        let shard = try OpenShard(
            kept.shard, directory: folder, encoding: storage.encoding, shape: storage.shape,
            classes: .max)
        for first in stride(from: 0, to: shard.count, by: Self.defaultShardSampleCount) {
            let end = min(first + Self.defaultShardSampleCount, shard.count)
            try shard.samples(first..<end).update(&outcome.samplesHash)
        }
    }
}
