/// A folder mounted read-only on itself, so that not even root can write to it. Requires root.
package final class ReadOnlyMount {
    private let path: String
    private var isMounted = true

    /// Mounts the folder. Files that are open for writing stay writable.
    package init(_ path: String) throws {
        self.path = path
        for options in [["--bind", path, path], ["-o", "remount,bind,ro", path]] {
            guard try launch("/bin/mount", options).code == 0 else {
                _ = try? launch("/bin/umount", ["-l", path])
                throw TinyDisk.CannotMount()
            }
        }
    }

    deinit { lift() }

    /// Makes the folder writable again.
    package func lift() {
        guard isMounted else { return }
        isMounted = false
        _ = try? launch("/bin/umount", ["-l", path])
    }
}
