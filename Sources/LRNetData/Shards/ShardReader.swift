import Foundation
public import LRNetKernels
import LRNetSupport

/// Reads samples of one split in any order, through a cache of chunks.
///
/// A shard's SHA-256 is checked when a sample of it is first read. Calls may come from several
/// threads; reading from disk happens one at a time.
public final class ShardReader: Sendable {
    /// The set.
    public let set: ShardSet

    /// The split.
    public let split: DataSplit

    /// The number of samples.
    public let count: Int

    private let entries: [ShardIndex.Shard]
    private let firstSamples: [Int]
    private let state: Locked

    /// What the lock guards.
    private struct State {
        var shards: [OpenShard?]
        var cache: ChunkCache
        var chunkReadCount = 0
    }

    /// The state and its lock.
    private final class Locked: @unchecked Sendable {
        let lock = NSLock()
        var state: State
        init(_ state: State) { self.state = state }
    }

    /// Prepares to read; no shard is opened yet.
    ///
    /// - Parameters:
    ///   - set: The set.
    ///   - split: The split.
    ///   - cacheByteCount: Room for chunks that stay in memory (the least recently used ones make
    ///     way); the chunk that is being read always has room. A random order over a set that does
    ///     not fit reads a chunk (1 MiB) for almost every sample.
    /// - Throws: ``DataFailure`` (66) if the set does not have the split.
    public init(set: ShardSet, split: DataSplit, cacheByteCount: Int = 1 << 30) throws {
        guard let entry = set.index[split] else {
            let present = set.index.splits.map(\.name.rawValue).joined(separator: ", ")
            throw DataFailure(
                call: "open", subject: set.directory,
                message: "has no \(split) split, only \(present)", exitStatus: .inputMissing)
        }
        self.set = set
        self.split = split
        count = entry.count
        entries = entry.shards
        var firstSamples = [0]
        for (number, shard) in entry.shards.enumerated() {
            firstSamples.append(firstSamples[number] + shard.count)
        }
        self.firstSamples = firstSamples
        state = Locked(
            State(
                shards: [OpenShard?](repeating: nil, count: entries.count),
                cache: ChunkCache(byteCount: cacheByteCount)))
    }

    /// The shape of every image.
    public var shape: ImageShape { self.set.shape }

    /// Reads samples.
    ///
    ///     images[i, y, x, c] = pixel / 255
    ///
    /// - Parameters:
    ///   - samples: Positions in the split, in any order; repeats are allowed.
    ///   - images: Overwritten; `[samples.count, H, W, C]`.
    ///   - labels: Overwritten; one label a sample, in `0 ..< classes`.
    /// - Precondition: Every sample is in `0 ..< count`; the view has just as many values.
    /// - Throws: ``DataFailure`` or ``SupportFailure``: 65 for damage, 66 for a missing shard, 74
    ///   if a shard cannot be read. What `images` and `labels` then hold is unspecified.
    public func read(samples: [Int], images: FloatView, labels: inout [Int32]) throws {
        let size = shape.count
        precondition(
            images.count == samples.count * size,
            "\(images.count) values for \(samples.count) images of \(shape)")
        labels.removeAll(keepingCapacity: true)
        labels.append(contentsOf: repeatElement(0, count: samples.count))
        try forEachRawSample(samples) { position, pixels, label in
            labels[position] = label
            let target = images[position * size..<(position + 1) * size].pointer
            pixels.withUnsafeBufferPointer { source in
                for (offset, pixel) in source.enumerated() {
                    target[offset] = Float(pixel) / 255
                }
            }
        }
    }

    /// Reads samples as bytes.
    ///
    /// - Precondition: Every sample is in `0 ..< count`.
    /// - Throws: As ``read(samples:images:labels:)``.
    public func read(samples: [Int]) throws -> LabeledImages {
        let size = shape.count
        var pixels = [UInt8](repeating: 0, count: samples.count * size)
        var labels = [Int32](repeating: 0, count: samples.count)
        try forEachRawSample(samples) { position, picture, label in
            labels[position] = label
            pixels.replaceSubrange(position * size..<(position + 1) * size, with: picture)
        }
        return LabeledImages(shape: shape, pixels: pixels, labels: labels)
    }

    /// The number of samples of each class.
    ///
    /// - Throws: As ``read(samples:images:labels:)``.
    public func classCounts() throws -> [Int] {
        var counts = [Int](repeating: 0, count: self.set.classes)
        for number in entries.indices {
            try readShard(number) { chunk in
                for label in chunk.labels { counts[Int(label)] += 1 }
            }
        }
        return counts
    }

    /// The bytes of a chunk, unless a single sample is larger.
    public static var typicalChunkByteCount: Int { HDF5DataSet.chunkByteCount }

    /// Chunks that were read from files so far.
    public var chunkReadCount: Int { state.lock.withLock { state.state.chunkReadCount } }

    /// Shards that are open.
    public var openShardCount: Int {
        state.lock.withLock { state.state.shards.count { $0 != nil } }
    }

    /// The number of shards.
    public var shardCount: Int { entries.count }

    /// Reads one whole shard, past the cache.
    ///
    /// - Throws: As ``read(samples:images:labels:)``.
    func readShard(_ number: Int, _ body: (OpenShard.Chunk) throws -> Void) throws {
        let shard = try OpenShard(entries[number], of: set)
        for chunk in 0..<shard.chunkCount { try body(shard.chunk(chunk)) }
    }

    /// Calls `body` for every requested sample with its pixels and label, in order of the samples
    /// in the set, so that a chunk is looked up once a request.
    func forEachRawSample(
        _ samples: [Int],
        _ body: (_ position: Int, _ pixels: ArraySlice<UInt8>, _ label: Int32) throws -> Void
    ) throws {
        let size = shape.count
        func call(_ position: Int, _ chunk: OpenShard.Chunk, _ row: Int) throws {
            try body(position, chunk.pixels[row * size..<(row + 1) * size], chunk.labels[row])
        }
        var shard = 0
        var current: (chunk: OpenShard.Chunk, samples: Range<Int>)?
        for position in samples.indices.sorted(by: { samples[$0] < samples[$1] }) {
            let sample = samples[position]
            precondition(sample >= 0 && sample < count, "sample \(sample) of \(count)")
            if let current, current.samples.contains(sample) {
                try call(position, current.chunk, sample - current.samples.lowerBound)
                continue
            }
            while firstSamples[shard + 1] <= sample { shard += 1 }
            let found = try chunk(shard: shard, sample: sample - firstSamples[shard])
            let first = firstSamples[shard] + found.first
            let range = first..<first + found.chunk.labels.count
            current = (found.chunk, range)
            try call(position, found.chunk, sample - first)
        }
    }

    /// The chunk that holds a sample of a shard, from the cache or the file.
    private func chunk(shard number: Int, sample: Int) throws -> (
        chunk: OpenShard.Chunk, first: Int
    ) {
        try state.lock.withLock {
            let shard: OpenShard
            if let open = state.state.shards[number] {
                shard = open
            } else {
                shard = try OpenShard(entries[number], of: set)
                state.state.shards[number] = shard
            }
            let position = sample / shard.chunkSampleCount
            let key = ChunkCache.Key(shard: number, chunk: position)
            if let chunk = state.state.cache[key] {
                return (chunk, position * shard.chunkSampleCount)
            }
            let chunk = try shard.chunk(position)
            state.state.chunkReadCount += 1
            state.state.cache.insert(chunk, for: key)
            return (chunk, position * shard.chunkSampleCount)
        }
    }
}
