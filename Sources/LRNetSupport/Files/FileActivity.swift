internal import Synchronization

/// A count of this process's reads and writes of files.
///
/// It is a sign of progress in phases that do little else, such as the check of a large data set or
/// a checkpoint on a slow disk.
package enum FileActivity {
    private static let pieces = Atomic<UInt64>(0)

    /// The number of reads and writes so far, in all threads.
    package static var pieceCount: UInt64 { pieces.load(ordering: .relaxed) }

    static func notePiece() { pieces.add(1, ordering: .relaxed) }
}
