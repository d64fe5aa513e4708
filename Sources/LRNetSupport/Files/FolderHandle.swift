import Foundation

/// An open folder, which can be found again after it was renamed.
package final class FolderHandle: Sendable {
    private let descriptor: Descriptor

    /// - Throws: ``Failure``, naming the folder.
    package init(_ path: String) throws {
        descriptor = try Descriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
    }

    /// Returns the folder's current path, or `nil` if it was removed.
    ///
    /// - Parameter path: The last known path, which is returned if it is still correct.
    package func currentPath(knownAs path: String) -> String? {
        if isAt(path) { return path }
        let target = FileBytes.linkTarget("/proc/self/fd/\(descriptor.number)")
        return target.flatMap { isAt($0) ? $0 : nil }
    }

    private func isAt(_ path: String) -> Bool {
        var (named, open) = (stat(), stat())
        guard stat(PathText.cString(path), &named) == 0, fstat(descriptor.number, &open) == 0 else {
            return false
        }
        return named.st_ino == open.st_ino && named.st_dev == open.st_dev
    }
}
