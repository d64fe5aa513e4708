import Foundation

/// Files and folders that appear whole or not at all.
package enum AtomicFile {
    /// Writes a file under a temporary name in the same folder, syncs it, renames it over `path`
    /// and syncs the folder.
    ///
    /// A reader sees the old bytes or the new ones, also after a power cut.
    ///
    /// - Throws: ``Failure`` (74, or 66 if the folder is missing) that names `path`; the
    ///   temporary file is removed and an older file at `path` is untouched.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        try bytes.withUnsafeBytes { try write($0, to: path) }
    }

    /// Writes a text as UTF-8.
    ///
    /// - Throws: As ``write(_:to:)-(_,String)``.
    package static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    /// Whether a name in a folder is that of a file that a killed process was writing.
    package static func isLeftover(_ name: String) -> Bool {
        guard let mark = name.range(of: partialMark, options: .backwards) else { return false }
        return Int32(name[mark.upperBound...]) != nil
    }

    private static let partialMark = ".partial-"

    /// The name under which something appears before it is whole.
    static func temporaryName(_ path: String) -> String { "\(path)\(partialMark)\(getpid())" }

    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
        let temporary = temporaryName(path)
        do {
            let descriptor = try Descriptor(
                opening: temporary, flags: O_WRONLY | O_CREAT | O_TRUNC)
            try descriptor.writeAll(bytes, name: path)
            try descriptor.synchronize(name: path)
            try descriptor.close(name: path)
            try rename(temporary, to: path)
        } catch {
            unlink(PathText.cString(temporary))
            throw error
        }
    }

    /// Gives a finished file or folder its name and syncs the folder that holds the name.
    ///
    /// - Throws: ``Failure``, naming `path`; a folder replaces no folder that has files.
    package static func rename(_ temporary: String, to path: String) throws {
        try FileFault.check(.rename, path)
        guard Foundation.rename(PathText.cString(temporary), PathText.cString(path)) == 0 else {
            throw Failure.system(call: "rename", subject: path, code: errno)
        }
        try synchronizeFolder(PathText.folder(of: path))
    }

    /// Waits until a folder's names are on the disk.
    ///
    /// - Throws: ``Failure``. File systems that cannot sync a folder are left alone.
    package static func synchronizeFolder(_ path: String) throws {
        let descriptor = try Descriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
        try FileFault.check(.fsync, path)
        while fsync(descriptor.number) != 0 {
            switch errno {
            case EINTR: continue
            case EINVAL, ENOTSUP: return
            default: throw Failure.system(call: "fsync", subject: path, code: errno)
            }
        }
        FileActivity.notePiece()
    }

    /// Makes a folder and the folders above it; an existing folder is no error.
    ///
    /// - Throws: ``Failure`` that names the part that cannot be made.
    package static func createFolder(_ path: String) throws {
        if path.isEmpty || FileBytes.isFolder(path) { return }
        try createFolder(PathText.folder(of: path))
        try createLastFolder(of: path)
    }

    /// Makes a folder in one that exists; an existing folder is no error.
    ///
    /// - Throws: ``Failure`` (74) that names it.
    package static func createLastFolder(of path: String) throws {
        try FileFault.check(.mkdir, path)
        if mkdir(PathText.cString(path), 0o777) != 0 {
            let code = errno
            if code == EEXIST && FileBytes.isFolder(path) { return }
            throw Failure(
                call: "mkdir", subject: path, message: Failure.words(for: code),
                exitStatus: .inputOutput)
        }
    }

    /// Removes a file, or a folder with all that it holds; a missing one is no error.
    ///
    /// - Throws: ``Failure`` that names what cannot be removed.
    package static func remove(_ path: String) throws {
        var status = stat()
        guard lstat(PathText.cString(path), &status) == 0 else { return }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        let name = PathText.cString(path)
        try FileFault.check(.remove, path)
        if isFolder {
            for name in try FileBytes.names(inFolder: path) { try remove("\(path)/\(name)") }
        }
        guard (isFolder ? rmdir(name) : unlink(name)) == 0 || errno == ENOENT else {
            throw Failure.system(call: "remove", subject: path, code: errno)
        }
    }

}
