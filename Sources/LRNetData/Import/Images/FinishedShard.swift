import Foundation
import LRNetSupport

/// What an interrupted import remembers of a shard that it finished: a small JSON file beside it.
struct FinishedShard: Codable, Equatable {
    /// A picture that was left out.
    struct Unreadable: Codable, Equatable {
        /// Its file.
        let path: String

        /// Why.
        let problem: String
    }

    /// SHA-256 over all that the shard follows from; another key makes another shard.
    let key: String

    /// Its entry for the index.
    let shard: ShardIndex.Shard

    /// Of all its pixels.
    let statistics: PixelStatistics

    /// The pictures that were left out, in order.
    let unreadable: [Unreadable]

    /// The number of pictures whose stored size is another than the file's.
    let resizedCount: Int

    /// The note's name in the folder of the growing set.
    static func name(ofShard file: String) -> String { "\(file).json" }

    /// Looks for a note of this key whose shard is there and intact.
    static func find(key: String, shard file: String, in folder: String) -> FinishedShard? {
        guard let bytes = try? FileBytes.read("\(folder)/\(name(ofShard: file))"),
            let note = try? JSONDecoder().decode(FinishedShard.self, from: Data(bytes)),
            note.key == key, note.shard.file == file,
            (try? ContentHash.of(fileAt: "\(folder)/\(file)")) == note.shard.sha256
        else { return nil }
        return note
    }

    /// Leaves the note; the shard itself has been written before.
    ///
    /// - Throws: ``Failure`` (74).
    func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try AtomicFile.write(
            Array(try encoder.encode(self)), to: "\(folder)/\(Self.name(ofShard: shard.file))")
    }
}
