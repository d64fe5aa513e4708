import Foundation
import LRNetSupport

/// The note about a finished shard that an interrupted import leaves: a small JSON file next to the
/// shard.
struct FinishedShard: Codable, Equatable {
    /// An image that was left out.
    struct Unreadable: Codable, Equatable {
        /// The path of its file.
        let path: String

        /// The reason.
        let problem: String
    }

    /// The SHA-256 over everything that determines the shard. A different key means a different
    /// shard.
    let key: String

    /// The shard's entry in the index.
    let shard: ShardIndex.Shard

    /// The statistics of all its pixels.
    let statistics: PixelStatistics

    /// The images that were left out, in order.
    let unreadable: [Unreadable]

    /// The number of images whose stored size differs from the file's.
    let resizedCount: Int

    /// Returns the name of the note in the folder of the unfinished set.
    static func name(ofShard file: String) -> String { "\(file).json" }

    /// Returns the note with this key, if its shard exists and is intact.
    static func find(key: String, shard file: String, in folder: String) -> FinishedShard? {
        guard let bytes = try? FileBytes.read("\(folder)/\(name(ofShard: file))"),
            let note = try? JSONDecoder().decode(FinishedShard.self, from: Data(bytes)),
            note.key == key, note.shard.file == file,
            (try? ContentHash.of(fileAt: "\(folder)/\(file)")) == note.shard.sha256
        else { return nil }
        return note
    }

    /// Writes the note. The shard must have been written before.
    ///
    /// - Throws: ``Failure`` (74).
    func write(to folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try AtomicFile.write(
            Array(try encoder.encode(self)), to: "\(folder)/\(Self.name(ofShard: shard.file))")
    }
}
