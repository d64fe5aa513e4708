import Foundation
import LRNetSupport

/// The folder in which a shard set grows, beside the one that it will become.
final class PartialSetFolder {
    /// What becomes of an unfinished folder when its writer goes away.
    enum Keeping {
        /// `DIR.partial-<pid>`: removed, also by a later writer if this process was killed.
        case removed
        /// `DIR.partial`: kept, so that the same work can go on; one process at a time.
        case kept
    }

    /// The folder that will hold the set, without a final slash.
    let directory: String

    /// The folder to write to.
    let path: String

    private let keeping: Keeping
    private var lock: FileLock?
    private var isFinished = false

    private static let lockName = "lock"

    /// Makes the folder, or takes over a kept one.
    ///
    /// - Throws: ``Failure`` (74) if `directory` holds something; ``Failure`` (74) if
    ///   another process works in a kept folder; errors of the file system.
    init(for directory: String, keeping: Keeping) throws {
        let directory = Self.trimmed(directory)
        self.directory = directory
        self.keeping = keeping
        path = keeping == .kept ? "\(directory).partial" : "\(directory).partial-\(getpid())"
        try Self.checkVacant(directory)
        try AtomicFile.createFolder(Self.parent(of: directory))
        try Self.removeLeftovers(of: directory)
        try AtomicFile.createFolder(path)
        if keeping == .kept {
            lock = try FileLock(path: "\(path)/\(Self.lockName)")
            // A file that a killed process was writing.
            for name in try FileBytes.names(inFolder: path) where AtomicFile.isLeftover(name) {
                try AtomicFile.remove("\(path)/\(name)")
            }
        }
    }

    deinit {
        if !isFinished && keeping == .removed { try? AtomicFile.remove(path) }
    }

    /// Writes the index, removes every file that is not named, and gives the folder its name.
    ///
    /// - Parameter others: Files that stay beside the index and its shards.
    /// - Precondition: Called once.
    /// - Throws: ``Failure`` (74).
    func finish(_ index: ShardIndex, others: Set<String> = []) throws {
        precondition(!isFinished, "a shard set is finished twice")
        let shards = Set(index.splits.flatMap(\.shards).map(\.file))
        for name in try FileBytes.names(inFolder: path)
        where !shards.contains(name) && !others.contains(name) {
            try AtomicFile.remove("\(path)/\(name)")
        }
        try AtomicFile.write(try index.encoded(), to: "\(path)/\(ShardIndex.fileName)")
        try AtomicFile.synchronizeFolder(path)
        try Self.checkVacant(directory)
        try AtomicFile.rename(path, to: directory)
        isFinished = true
    }

    /// Refuses a folder that holds something.
    ///
    /// - Throws: ``Failure`` (74).
    static func checkVacant(_ directory: String) throws {
        guard FileBytes.exists(directory) else { return }
        guard FileBytes.isFolder(directory), try FileBytes.names(inFolder: directory).isEmpty
        else {
            throw Failure(
                call: "import", subject: directory,
                message: "exists and is not an empty folder; choose another --output or remove it",
                exitStatus: .inputOutput)
        }
    }

    /// A folder's path without final slashes, so that a name beside it can be made of it.
    static func trimmed(_ directory: String) -> String {
        var directory = directory
        while directory.count > 1 && directory.hasSuffix("/") { directory.removeLast() }
        return directory
    }

    /// Removes what earlier writers of the same set left behind, unless they still run.
    private static func removeLeftovers(of directory: String) throws {
        let folder = parent(of: directory)
        let prefix = (directory as NSString).lastPathComponent + ".partial-"
        for name in try FileBytes.names(inFolder: folder) where name.hasPrefix(prefix) {
            guard let process = Int32(name.dropFirst(prefix.count)) else { continue }
            if process != getpid() && kill(process, 0) == 0 { continue }
            try AtomicFile.remove("\(folder)/\(name)")
        }
    }

    private static func parent(of path: String) -> String {
        let folder = (path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }
}
