/// The notes of the shards finished so far.
struct FinishedShards {
    private var notes: [String: FinishedShard] = [:]

    /// The note of a shard; `nil` if the shard is not finished.
    subscript(shard: ImageShard) -> FinishedShard? { notes[shard.name] }

    var count: Int { notes.count }

    mutating func add(_ finished: some Sequence<FinishedShard>) {
        for note in finished { notes[note.shard.file] = note }
    }

    /// Returns the notes of the finished shards among `shards`, in the order of `shards`.
    func notes(of shards: [ImageShard]) -> [FinishedShard] {
        shards.compactMap { self[$0] }
    }
}
