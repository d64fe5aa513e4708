internal import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetSupport

/// The opening of a data set by all ranks.
///
/// Rank 0 reads the index, examines every shard, and sends the index to the other ranks. A rank
/// whose index is the same file examines no shard. A rank whose folder is another copy of the set
/// examines that copy. The first rank of a machine that reads a shard verifies its hash for the
/// others.
enum SharedShardSet {
    /// Opens a data set. Every rank calls it.
    ///
    /// - Parameter check: Throws if the set does not suit the caller.
    /// - Throws: An error that all ranks agree on, about a set that is missing, damaged, unsuitable,
    ///   or not the set of rank 0.
    static func open(
        _ directory: String, group: any ProcessGroup, check: (ShardSet) throws -> Void
    ) throws -> ShardSet {
        let first = group.isCoordinator ? Result { try ShardSet(directory: directory) } : nil
        let isSent = group.size > 1 && (try? first?.get()) != nil
        let message = try group.broadcast(isSent ? makeMessage(directory) : [], root: 0)
        var set = try group.agreeing {
            let set =
                try first?.get() ?? sharedSet(directory, message)
                ?? ShardSet(directory: directory)
            try check(set)
            return set
        }
        try agree(on: set, group: group)
        if group.size > 1 {
            let count = ShardVerification.wordCount(of: set.index)
            // Another copy of the set may have other shards.
            var counts = [Int64(count)]
            try group.minimum(&counts)
            let words = try group.makeMachineWords(count: Int(counts[0]))
            if words.count == count {
                set.verification = ShardVerification(of: set.index, words: words)
            }
        }
        return set
    }

    /// Returns the identity of the index file, a line break, and the bytes of the index; empty if
    /// the file has disappeared.
    private static func makeMessage(_ directory: String) -> [UInt8] {
        guard let identity = FileBytes.identity(ofFileAt: ShardSet.indexPath(directory)),
            let bytes = try? ShardSet.indexBytes(directory)
        else { return [] }
        return Array("\(identity)\n".utf8) + bytes
    }

    /// Returns the set of rank 0's message, or `nil` if this rank must examine its own folder.
    private static func sharedSet(_ directory: String, _ message: [UInt8]) throws -> ShardSet? {
        guard let end = message.firstIndex(of: UInt8(ascii: "\n")),
            let own = FileBytes.identity(ofFileAt: ShardSet.indexPath(directory)),
            message[..<end].elementsEqual(own.utf8)
        else { return nil }
        return try ShardSet(directory: directory, indexBytes: Array(message[(end + 1)...]))
    }

    /// Throws if the data set of some rank is not the one of rank 0. Every rank calls it.
    private static func agree(on set: ShardSet, group: any ProcessGroup) throws {
        let prints = try group.allGather(Array(set.fingerprint.utf8))
        if let other = prints.firstIndex(where: { $0 != prints[0] }) {
            throw Failure(
                call: "data", subject: set.directory,
                message: "differs from rank 0's data set; use the same one on every machine",
                exitStatus: .badData, rank: other, isAgreed: true)
        }
    }
}
