package import LRNetKernels
package import LRNetSupport

/// Reads a whole shard set and compares it with its index: the hash of every file, every chunk,
/// every label, the hash of the samples and the pixel statistics.
package struct ShardSetVerifier: Sendable {
    private let set: ShardSet
    private let pool: ThreadPool
    private let blockSampleCount = 256

    /// - Parameter pool: The threads that decode the images of an encoded set. The result does not
    ///   depend on their number.
    package init(_ set: ShardSet, pool: ThreadPool = ThreadPool()) {
        self.set = set
        self.pool = pool
    }

    /// The number of samples in all splits.
    package var sampleCount: Int { self.set.index.splits.reduce(0) { $0 + $1.count } }

    /// Verifies every shard, even after a damaged one.
    ///
    /// - Parameter progress: Called with the number of samples checked since the last call.
    /// - Returns: The problems, one per damaged shard or split; empty if the set is intact.
    package func run(progress: (Int) -> Void = { _ in }) -> [Failure] {
        var problems: [Failure] = []
        for split in set.index.splits {
            do {
                problems += try verify(split, progress: progress)
            } catch {
                problems.append(.wrapping(error, call: "verify", subject: split.name.rawValue))
            }
        }
        return problems
    }

    private func verify(
        _ split: ShardIndex.Split, progress: (Int) -> Void
    ) throws -> [Failure] {
        let reader = try ShardReader(set: set, split: split.name, cacheByteCount: 0)
        var problems: [Failure] = []
        var hash = ContentHash()
        var statistics = PixelStatistics(channels: set.shape.channels)
        for number in 0..<reader.shardCount {
            do {
                let shard = try reader.freshlyOpened(number)
                for first in stride(from: 0, to: shard.count, by: blockSampleCount) {
                    let range = first..<min(first + blockSampleCount, shard.count)
                    let samples = try shard.samples(range)
                    samples.update(&hash)
                    statistics.add(try self.statistics(of: samples, in: shard, first: first))
                    progress(samples.count)
                }
            } catch {
                problems.append(
                    .wrapping(error, call: "verify", subject: split.shards[number].file))
            }
        }
        if !problems.isEmpty { return problems }
        if hash.hex != split.samplesSHA256 {
            problems.append(mismatch(split, "the samples' hash"))
        }
        let isTrain = split.name == .train
        if isTrain && statistics.mean != set.index.mean {
            problems.append(mismatch(split, "the mean \(set.index.mean)"))
        }
        if isTrain && statistics.deviation != set.index.deviation {
            problems.append(mismatch(split, "the deviation \(set.index.deviation)"))
        }
        return problems
    }

    /// Computes the pixel statistics of some samples. Image files are decoded on all threads.
    private func statistics(
        of samples: ShardSamples, in shard: OpenShard, first: Int
    ) throws -> PixelStatistics {
        var statistics = PixelStatistics(channels: set.shape.channels)
        if samples.encoding == .raw {
            statistics.add(samples.bytes)
            return statistics
        }
        for part in try ParallelWork.map(
            samples.count, on: pool,
            { position in
                var part = PixelStatistics(channels: set.shape.channels)
                part.add(try shard.picture(samples[position], sample: first + position).pixels)
                return part
            })
        {
            statistics.add(part)
        }
        return statistics
    }

    private func mismatch(_ split: ShardIndex.Split, _ what: String) -> Failure {
        Failure(
            call: "verify", subject: "\(set.directory) \(split.name)",
            message: "\(what) in the index does not match the shards; create the data set again "
                + "in a new folder",
            exitStatus: .badData)
    }
}
