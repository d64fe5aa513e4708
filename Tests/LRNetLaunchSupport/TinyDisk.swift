internal import Foundation

/// A file system of a given size in memory, mounted at a folder; requires root.
package final class TinyDisk {
    private let folder: TestFolder

    /// True if this process may mount one; prints one line if not.
    package static let isPossible: Bool = {
        guard let disk = try? TinyDisk(size: "16k") else {
            FileHandle.standardError.write(
                Data("SKIPPED: full-disk tests, because mounting a tmpfs needs root\n".utf8))
            return false
        }
        return FileManager.default.fileExists(atPath: disk.path)
    }()

    /// The error if a file system cannot be mounted.
    package struct CannotMount: Error {}

    /// Mounts a file system.
    ///
    /// - Parameter size: In the form of `mount`, such as `16k` or `30m`.
    package init(size: String) throws {
        folder = try TestFolder()
        try Self.mount("size=\(size)", folder.path)
    }

    deinit {
        _ = try? launch("/bin/umount", [folder.path])
    }

    /// The mount point.
    package var path: String { folder.path }

    /// Changes the size of the file system.
    package func resize(to size: String) throws {
        try Self.mount("remount,size=\(size)", folder.path)
    }

    private static func mount(_ options: String, _ path: String) throws {
        let mount = try launch("/bin/mount", ["-t", "tmpfs", "-o", options, "tmpfs", path])
        guard mount.code == 0 else { throw CannotMount() }
    }
}
