/// The notes of the shards that are finished so far, and what follows from them for the set.
struct FinishedShards {
    private var notes: [String: FinishedShard] = [:]

    /// A shard's note; `nil` while it is not finished.
    subscript(shard: ImageShard) -> FinishedShard? { notes[shard.name] }

    /// The number of finished shards.
    var count: Int { notes.count }

    /// Adds notes.
    mutating func add(_ finished: some Sequence<FinishedShard>) {
        for note in finished { notes[note.shard.file] = note }
    }

    /// The notes of these shards as far as they are finished, in the shards' order.
    func notes(of shards: [ImageShard]) -> [FinishedShard] {
        shards.compactMap { self[$0] }
    }
}
