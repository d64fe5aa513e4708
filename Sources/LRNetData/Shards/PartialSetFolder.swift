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
        try AtomicFile.createFolder(PathText.folder(of: directory))
        try Self.removeLeftovers(of: directory, but: path)
        try AtomicFile.createFolder(path)
        if keeping == .removed {
            lock = try FileLock(path: "\(path)/\(Self.lockName)", patience: .seconds(1))
        } else {
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
                message: "exists and is not an empty folder; choose another --output",
                exitStatus: .inputOutput)
        }
    }

    /// A folder's path without final slashes, so that a name beside it can be made of it.
    static func trimmed(_ directory: String) -> String {
        PathText.withoutFinalSlashes(directory)
    }

    /// Removes what earlier writers of the same set left behind.
    ///
    /// A lock tells whether they still run: numbers of processes are others in each container.
    ///
    /// - Throws: ``Failure`` (74) if one does.
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
            // A process that was killed may take a moment to end.
            _ = try FileLock(path: "\(path)/\(lockName)", patience: .seconds(1))
        } catch let failure as Failure where failure.call == "flock" {
            throw Failure(
                call: "import", subject: directory,
                message: "another import is writing this set, in \(path); let it finish, or choose "
                    + "another --output", exitStatus: .inputOutput)
        }
    }
}
