import Foundation
import LRNetHDF5
package import LRNetKernels
import LRNetSupport

/// Reads samples of one split in any order, through a cache of chunks.
///
/// The SHA-256 of a shard is verified when one of its samples is first read, unless another reader
/// of the set's ``ShardSet/verification`` has verified it. Calls may come from several threads, but disk
/// reads run one at a time.
package final class ShardReader: Sendable {
    package let set: ShardSet
    package let split: DataSplit
    package let count: Int

    private let entries: [ShardIndex.Shard]
    private let firstSamples: [Int]
    private let state: Locked

    /// The state protected by the lock.
    private struct State {
        var shards: [OpenShard?]
        var cache: ChunkCache
        var chunkReadCount = 0
    }

    private final class Locked: @unchecked Sendable {
        let lock = NSLock()
        var state: State
        init(_ state: State) { self.state = state }
    }

    /// Prepares to read. No shard is opened yet.
    ///
    /// - Parameters:
    ///   - set: The set.
    ///   - split: The split.
    ///   - cacheByteCount: The maximum size of the cached chunks; the least recently used ones are
    ///     evicted. The chunk being read always has room. With a random order over a set that does
    ///     not fit in the cache, almost every sample requires reading a chunk (1 MiB).
    /// - Throws: `Failure` (66) if the set does not have the split.
    package init(set: ShardSet, split: DataSplit, cacheByteCount: Int = 1 << 30) throws {
        guard let entry = set.index[split] else {
            let present = set.index.splits.map(\.name.rawValue).joined(separator: ", ")
            throw Failure(
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

    package var shape: ImageShape { self.set.shape }

    /// Reads samples of a raw set.
    ///
    ///     images[i, y, x, c] = pixel / 255
    ///
    /// - Parameters:
    ///   - samples: Positions in the split, in any order; repeats are allowed.
    ///   - images: Overwritten; `[samples.count, H, W, C]`.
    ///   - labels: Overwritten; one label per sample, in `0 ..< classes`.
    /// - Precondition: Every sample is in `0 ..< count`, and `images` has exactly that size.
    /// - Throws: ``Failure``: 65 for damage or an encoded set, 66 for a missing shard, 74 if a
    ///   shard cannot be read. The content of `images` and `labels` is then unspecified.
    package func read(samples: [Int], images: FloatView, labels: inout [Int32]) throws {
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

    /// Reads samples of a raw set as bytes.
    ///
    /// - Precondition: Every sample is in `0 ..< count`.
    /// - Throws: Same as `read(samples:images:labels:)`.
    package func read(samples: [Int]) throws -> LabeledImages {
        let size = shape.count
        var pixels = [UInt8](repeating: 0, count: samples.count * size)
        var labels = [Int32](repeating: 0, count: samples.count)
        try forEachRawSample(samples) { position, image, label in
            labels[position] = label
            pixels.replaceSubrange(position * size..<(position + 1) * size, with: image)
        }
        return LabeledImages(shape: shape, pixels: pixels, labels: labels)
    }

    /// Reads one sample of a raw or an encoded set.
    ///
    /// Disk reads run one at a time, but several threads can decode in parallel.
    ///
    /// - Returns: The stored image and its label. An image of an encoded set is decoded, in its own
    ///   size, with three channels.
    /// - Precondition: The sample is in `0 ..< count`.
    /// - Throws: Same as `read(samples:images:labels:)`, and `Failure` (65) if an image cannot
    ///   be decoded.
    package func picture(_ sample: Int) throws -> (image: PixelImage, label: Int32) {
        precondition(sample >= 0 && sample < count, "sample \(sample) of \(count)")
        // Find the last shard that starts at or before the sample. An empty shard starts where the
        // next one does.
        var (low, high) = (0, entries.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if firstSamples[middle] <= sample { low = middle } else { high = middle - 1 }
        }
        let shard = try open(low)
        let position = sample - firstSamples[low]
        let range = shard.byteRange(position)
        var bytes: [UInt8] = []
        var next = range.lowerBound
        while next < range.upperBound {
            let number = next / shard.chunkByteCount
            let first = number * shard.chunkByteCount
            let chunk = try chunk(number, of: shard, numbered: low)
            let end = min(range.upperBound, first + chunk.byteCount)
            if bytes.isEmpty && end == range.upperBound {
                let content = chunk.bytes[next - first..<end - first]
                return (try shard.picture(content, sample: position), shard.labels[position])
            }
            bytes += chunk.bytes[next - first..<end - first]
            next = end
        }
        return (try shard.picture(bytes[...], sample: position), shard.labels[position])
    }

    /// Counts the samples of each class.
    ///
    /// - Throws: Same as `read(samples:images:labels:)`.
    package func classCounts() throws -> [Int] {
        var counts = [Int](repeating: 0, count: self.set.classes)
        for number in entries.indices {
            for label in try freshlyOpened(number).labels { counts[Int(label)] += 1 }
        }
        return counts
    }

    /// The maximum size of a chunk in bytes, unless a single sample is larger.
    package static var typicalChunkByteCount: Int { HDF5DataSet.chunkByteCount }

    /// The number of chunks read from files so far.
    package var chunkReadCount: Int { state.lock.withLock { state.state.chunkReadCount } }

    package var openShardCount: Int {
        state.lock.withLock { state.state.shards.count { $0 != nil } }
    }

    package var shardCount: Int { entries.count }

    /// Opens a shard, bypassing the cache. Its hash is verified again.
    ///
    /// - Throws: Same as ``read(samples:images:labels:)``.
    func freshlyOpened(_ number: Int) throws -> OpenShard {
        try OpenShard(entries[number], of: set)
    }

    /// Calls `body` for every requested sample with its pixels and label, in the order of the
    /// samples in the set. Each chunk is therefore looked up once per request.
    func forEachRawSample(
        _ samples: [Int],
        _ body: (_ position: Int, _ pixels: ArraySlice<UInt8>, _ label: Int32) throws -> Void
    ) throws {
        guard self.set.index.encoding == .raw else {
            throw Failure(
                call: "read", subject: self.set.directory,
                message: "contains images of varying size, which cannot be read as \(shape); "
                    + "crop them, or import with --raw", exitStatus: .badData)
        }
        var number = 0
        var current: (shard: Int, chunk: Int, content: OpenShard.Chunk)?
        for position in samples.indices.sorted(by: { samples[$0] < samples[$1] }) {
            let sample = samples[position]
            precondition(sample >= 0 && sample < count, "sample \(sample) of \(count)")
            while firstSamples[number + 1] <= sample { number += 1 }
            let shard = try open(number)
            let local = sample - firstSamples[number]
            let range = shard.byteRange(local)
            let chunkNumber = range.lowerBound / shard.chunkByteCount
            let content: OpenShard.Chunk
            if let current, current.shard == number, current.chunk == chunkNumber {
                content = current.content
            } else {
                content = try chunk(chunkNumber, of: shard, numbered: number)
                current = (number, chunkNumber, content)
            }
            let first = range.lowerBound - chunkNumber * shard.chunkByteCount
            try body(position, content.bytes[first..<first + range.count], shard.labels[local])
        }
    }

    private func open(_ number: Int) throws -> OpenShard {
        try state.lock.withLock {
            if let open = state.state.shards[number] { return open }
            let shard = try OpenShard(entries[number], of: set) { path, verify in
                guard let verification = self.set.verification else { return try verify() }
                try verification.run(split, shard: number, path: path, verify: verify)
            }
            state.state.shards[number] = shard
            return shard
        }
    }

    /// Returns a chunk of a shard, from the cache or the file.
    private func chunk(
        _ position: Int, of shard: OpenShard, numbered number: Int
    ) throws -> OpenShard.Chunk {
        let key = ChunkCache.Key(shard: number, chunk: position)
        return try state.lock.withLock {
            if let chunk = state.state.cache[key] { return chunk }
            let chunk = try shard.chunk(position)
            state.state.chunkReadCount += 1
            state.state.cache.insert(chunk, for: key)
            return chunk
        }
    }
}
