/// A folder that cannot be written to, whoever tries: a read-only mount of itself; needs root.
package final class ReadOnlyMount {
    private let path: String
    private var isMounted = true

    /// Mounts it; files that are open for writing stay so.
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

    /// Makes it writable again.
    package func lift() {
        guard isMounted else { return }
        isMounted = false
        _ = try? launch("/bin/umount", ["-l", path])
    }
}
