import Foundation
import LRNetSupport

/// The folder in which an unfinished shard set is written, next to its final folder.
final class PartialSetFolder {
    /// The fate of an unfinished folder when its writer is gone.
    enum Keeping {
        /// `DIR.partial-<pid>` is removed. If this process was killed, a later writer removes it.
        case removed
        /// `DIR.partial` is kept so that the same work can resume. Only one process can use it at a
        /// time.
        case kept
    }

    /// The final folder of the set, without a trailing slash.
    let directory: String

    /// The folder to write to.
    let path: String

    private let keeping: Keeping
    private var lock: FileLock?
    private var isFinished = false

    private static let lockName = "lock"

    /// Creates the folder, or takes over a kept one.
    ///
    /// - Throws: ``Failure`` (74) if `directory` is not empty or another process uses a kept
    ///   folder, or an error of the file system.
    init(for directory: String, keeping: Keeping) throws {
        let directory = Self.trimmed(directory)
        self.directory = directory
        self.keeping = keeping
        path = keeping == .kept ? "\(directory).partial" : "\(directory).partial-\(getpid())"
        try Self.checkVacant(directory)
        try AtomicFile.createFolder(PathText.folder(of: directory))
        try Self.removeLeftovers(of: directory, but: path)
        try AtomicFile.createFolder(path)
        if keeping == .removed {
            lock = try FileLock(path: "\(path)/\(Self.lockName)", patience: .seconds(1))
        } else {
            lock = try FileLock(path: "\(path)/\(Self.lockName)")
            // Remove the unfinished file of a killed process.
            for name in try FileBytes.names(inFolder: path) where AtomicFile.isLeftover(name) {
                try AtomicFile.remove("\(path)/\(name)")
            }
        }
    }

    deinit {
        if !isFinished && keeping == .removed { try? AtomicFile.remove(path) }
    }

    /// Writes the index, removes every unlisted file, and renames the folder to its final name.
    ///
    /// - Parameter others: The files to keep besides the index and its shards.
    /// - Precondition: The method is called once.
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

    /// Rejects a path that exists and is not an empty folder.
    ///
    /// - Throws: ``Failure`` (74).
    static func checkVacant(_ directory: String) throws {
        guard FileBytes.exists(directory) else { return }
        guard FileBytes.isFolder(directory), try FileBytes.names(inFolder: directory).isEmpty
        else {
            throw Failure(
                call: "import", subject: directory,
                message: "exists and is not an empty folder; choose another --output",
                exitStatus: .inputOutput)
        }
    }

    /// Returns a folder's path without trailing slashes, so that suffixes can be appended to it.
    static func trimmed(_ directory: String) -> String {
        PathText.withoutFinalSlashes(directory)
    }

    /// Removes the remains of earlier writers of the same set.
    ///
    /// A lock tells whether a writer still runs. Process ids cannot, because they differ between
    /// containers.
    ///
    /// - Throws: ``Failure`` (74) if a writer still runs.
    private static func removeLeftovers(of directory: String, but kept: String) throws {
        let folder = PathText.folder(of: directory)
        let prefix = PathText.lastPart(of: directory) + ".partial-"
        for name in try FileBytes.names(inFolder: folder) where name.hasPrefix(prefix) {
            guard Int32(name.dropFirst(prefix.count)) != nil else { continue }
            try checkIdle("\(folder)/\(name)", directory)
            try AtomicFile.remove("\(folder)/\(name)")
        }
        let unfinished = "\(directory).partial"
        if !PathText.isSame(unfinished, kept), FileBytes.isFolder(unfinished) {
            try checkIdle(unfinished, directory)
        }
    }

    private static func checkIdle(_ path: String, _ directory: String) throws {
        do {
            // A killed process may take a moment to end.
            _ = try FileLock(path: "\(path)/\(lockName)", patience: .seconds(1))
        } catch let failure as Failure where failure.call == "flock" {
            throw Failure(
                call: "import", subject: directory,
                message: "another import is writing this set, in \(path); let it finish, or choose "
                    + "another --output", exitStatus: .inputOutput)
        }
    }
}
