import Foundation

/// An open folder, which is found again after it was renamed.
package final class FolderHandle: Sendable {
    private let descriptor: Descriptor

    /// - Throws: ``Failure`` that names the folder.
    package init(_ path: String) throws {
        descriptor = try Descriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
    }

    /// The folder's path now; `nil` if it was removed.
    ///
    /// - Parameter path: The last one that was known, which is returned as long as it is right.
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
