/// A cache of chunks with a limit in bytes. It evicts the least recently used chunks first.
struct ChunkCache {
    /// The identity of a chunk.
    struct Key: Hashable {
        let shard: Int
        let chunk: Int
    }

    private struct Entry {
        let chunk: OpenShard.Chunk
        var lastUse: UInt64
    }

    private let limit: Int
    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0

    /// The total size of the cached chunks in bytes.
    private(set) var byteCount = 0

    init(byteCount: Int) {
        limit = byteCount
    }

    /// The chunk with this key, if it is cached.
    subscript(key: Key) -> OpenShard.Chunk? {
        mutating get {
            guard let entry = entries[key] else { return nil }
            clock += 1
            entries[key]?.lastUse = clock
            return entry.chunk
        }
    }

    /// Caches a chunk, unless it alone is larger than the cache.
    mutating func insert(_ chunk: OpenShard.Chunk, for key: Key) {
        guard chunk.byteCount <= limit else { return }
        // Scanning all entries costs microseconds; the preceding read cost milliseconds.
        while byteCount + chunk.byteCount > limit,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            byteCount -= oldest.value.chunk.byteCount
            entries[oldest.key] = nil
        }
        clock += 1
        entries[key] = Entry(chunk: chunk, lastUse: clock)
        byteCount += chunk.byteCount
    }
}
