internal import Synchronization

/// Counts what this process reads from and writes to files, as a sign of life in phases that do
/// little else: the check of a large data set, a checkpoint on a slow disk.
package enum FileActivity {
    private static let pieces = Atomic<UInt64>(0)

    /// Pieces of files read or written so far, by all threads together.
    package static var pieceCount: UInt64 { pieces.load(ordering: .relaxed) }

    static func notePiece() { pieces.add(1, ordering: .relaxed) }
}
