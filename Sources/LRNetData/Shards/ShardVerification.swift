package import LRNetKernels
import LRNetSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The verification of a set's shards by all readers of one machine: the first reader that opens a
/// shard hashes the file, and the others wait for it.
///
/// A shard's word is 0 before its verification, 1 during it, and then the key of the verified file.
/// A reader that finds another file under the shard's name verifies that file itself.
package struct ShardVerification: Sendable {
    private static let isUnderWay: UInt64 = 1
    private static let poll: UInt32 = 2_000

    private let words: AtomicWords
    private let firstWord: [DataSplit: Int]

    /// Returns the number of words that a set requires: one per shard.
    package static func wordCount(of index: ShardIndex) -> Int {
        index.splits.map(\.shards.count).reduce(0, +)
    }

    /// - Parameter words: ``wordCount(of:)`` words, which are 0 at first.
    package init(of index: ShardIndex, words: AtomicWords) {
        precondition(
            words.count == Self.wordCount(of: index),
            "\(words.count) words for \(Self.wordCount(of: index)) shards")
        self.words = words
        var first = 0
        var firstWord: [DataSplit: Int] = [:]
        for split in index.splits {
            firstWord[split.name] = first
            first += split.shards.count
        }
        self.firstWord = firstWord
    }

    /// Verifies a shard's file, or waits until another reader has verified it.
    ///
    /// - Parameter verify: Throws if the file is damaged or cannot be read.
    package func run(
        _ split: DataSplit, shard: Int, path: String, verify: () throws -> Void
    ) throws {
        guard let first = firstWord[split], let key = Self.key(path) else { return try verify() }
        let index = first + shard
        while true {
            switch words[index] {
            case key:
                return
            case Self.isUnderWay:
                usleep(Self.poll)
            case 0:
                guard words.replace(at: index, 0, by: Self.isUnderWay) else { continue }
                do {
                    try verify()
                } catch {
                    words[index] = 0
                    throw error
                }
                // A file that changes during the verification is not what the next reader opens.
                words[index] = Self.key(path) == key ? key : 0
                return
            default:
                return try verify()
            }
        }
    }

    /// Returns a key of the file that a path names now; `nil` if there is none.
    private static func key(_ path: String) -> UInt64? {
        guard let identity = FileBytes.localIdentity(ofFileAt: path) else { return nil }
        let digits = ContentHash.of(identity).prefix(16)
        return UInt64(digits, radix: 16).map { max($0, isUnderWay + 1) }
    }
}
