import Foundation

/// Files and folders that appear complete or not at all.
package enum AtomicFile {
    /// Writes a file under a temporary name in the same folder, syncs it, renames it to `path` and
    /// syncs the folder.
    ///
    /// A reader sees either the old bytes or the new bytes, even after a power failure.
    ///
    /// - Throws: ``Failure`` (74, or 66 if the folder is missing), naming `path`. The temporary
    ///   file is then removed, and an older file at `path` is unchanged.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        try bytes.withUnsafeBytes { try write($0, to: path) }
    }

    /// Writes a text as UTF-8, with the guarantees of ``write(_:to:)-(_,String)``.
    package static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    /// Writes the files of a folder under a temporary name and renames the folder to `path`. An
    /// older folder at `path` is renamed just before, and removed afterwards.
    ///
    /// - Throws: ``Failure`` (74, or 66 if the parent is missing). The temporary folder is then
    ///   removed, and an older folder keeps its files.
    package static func writeFolder(_ files: [(name: String, text: String)], to path: String) throws
    {
        // For `net/` and `.`, the temporary folder would otherwise be inside the older one.
        let path =
            FileBytes.isFolder(path)
            ? try PathText.real(path) : PathText.withoutFinalSlashes(path)
        let temporary = temporaryName(path)
        try remove(temporary)
        do {
            try createLastFolder(of: temporary)
            for (name, text) in files { try write(text, to: "\(temporary)/\(name)") }
            try replaceFolder(path, with: temporary)
        } catch {
            try? remove(temporary)
            throw error
        }
    }

    /// Renames a finished folder to `path`, where an older one may exist.
    private static func replaceFolder(_ path: String, with temporary: String) throws {
        guard FileBytes.exists(path) else { return try rename(temporary, to: path) }
        let old = temporaryName("\(path).old")
        try remove(old)
        do {
            try rename(path, to: old)
            try rename(temporary, to: path)
        } catch {
            if !FileBytes.exists(path) { try? rename(old, to: path) }
            throw error
        }
        try remove(old)
    }

    /// Returns true for the name of a temporary file, which a killed process leaves in a folder.
    package static func isLeftover(_ name: String) -> Bool {
        guard let mark = name.range(of: partialMark, options: .backwards) else { return false }
        return Int32(name[mark.upperBound...]) != nil
    }

    private static let partialMark = ".partial-"

    /// Returns the temporary name of a file or folder while it is incomplete.
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

    /// Renames a finished file or folder and syncs the folder that contains it.
    ///
    /// - Throws: ``Failure``, naming `path`. A folder cannot replace a folder that is not empty.
    package static func rename(_ temporary: String, to path: String) throws {
        try FileFault.check(.rename, path)
        guard Foundation.rename(PathText.cString(temporary), PathText.cString(path)) == 0 else {
            throw Failure.system(call: "rename", subject: path, code: errno)
        }
        try synchronizeFolder(PathText.folder(of: path))
    }

    /// Waits until the names in a folder are on the disk. Does nothing on file systems that cannot
    /// sync a folder.
    ///
    /// - Throws: ``Failure``, naming the folder.
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

    /// Creates a folder and its parent folders. An existing folder is not an error.
    ///
    /// - Throws: ``Failure``, naming the folder that cannot be created.
    package static func createFolder(_ path: String) throws {
        if path.isEmpty || FileBytes.isFolder(path) { return }
        try createFolder(PathText.folder(of: path))
        try createLastFolder(of: path)
    }

    /// Creates a folder inside an existing one. An existing folder is not an error.
    ///
    /// - Throws: ``Failure`` (74), naming the folder.
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

    /// Removes a file, or a folder with its contents. A missing one is not an error.
    ///
    /// - Throws: ``Failure``, naming the file or folder that cannot be removed.
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
