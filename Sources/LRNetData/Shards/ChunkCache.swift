/// Chunks that stay in memory, up to a number of bytes; the least recently used ones make way.
struct ChunkCache {
    /// The name of a chunk.
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

    /// The bytes of the chunks in the cache.
    private(set) var byteCount = 0

    init(byteCount: Int) {
        limit = byteCount
    }

    /// The chunk of this name, if it is here.
    subscript(key: Key) -> OpenShard.Chunk? {
        mutating get {
            guard let entry = entries[key] else { return nil }
            clock += 1
            entries[key]?.lastUse = clock
            return entry.chunk
        }
    }

    /// Keeps a chunk, unless it alone is larger than the cache.
    mutating func insert(_ chunk: OpenShard.Chunk, for key: Key) {
        guard chunk.byteCount <= limit else { return }
        // Walking over all entries costs microseconds, the read that came before milliseconds.
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
