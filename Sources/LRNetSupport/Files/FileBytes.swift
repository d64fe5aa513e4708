import Foundation

/// Functions that read files and inspect folders, with errors that name the file.
package enum FileBytes {
    /// Returns all bytes of a file.
    ///
    /// - Throws: ``Failure``: 66 if the file is missing, 74 if it cannot be read.
    package static func read(_ path: String) throws -> [UInt8] {
        let byteCount = try FileBytes.byteCount(ofFileAt: path)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        try forEachPiece(ofFileAt: path, byteCount: ContentHash.pieceByteCount) { piece in
            bytes.append(contentsOf: piece)
        }
        return bytes
    }

    /// Returns the size of a file.
    ///
    /// - Throws: ``Failure``: 66 if the file is missing or a folder.
    package static func byteCount(ofFileAt path: String) throws -> Int {
        var status = stat()
        guard stat(PathText.cString(path), &status) == 0 else {
            throw Failure.system(call: "stat", subject: path, code: errno)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw Failure(
                call: "open", subject: path, message: "this is a folder; name a file",
                exitStatus: .inputMissing)
        }
        return Int(status.st_size)
    }

    /// Returns a text that is equal for two paths only if they name the same file with the same
    /// content, also on two machines that share a file system; `nil` if there is no such file.
    ///
    /// It consists of inode, size and time of the last change.
    package static func identity(ofFileAt path: String) -> String? {
        var status = stat()
        guard stat(PathText.cString(path), &status) == 0 else { return nil }
        let time = status.st_mtim
        return "\(status.st_ino) \(status.st_size) \(time.tv_sec) \(time.tv_nsec)"
    }

    /// Returns an identity of a file that also distinguishes file systems of one machine, and
    /// changes with every change of the file; `nil` if the file is missing.
    package static func localIdentity(ofFileAt path: String) -> String? {
        var status = stat()
        guard let identity = identity(ofFileAt: path),
            stat(PathText.cString(path), &status) == 0
        else { return nil }
        let time = status.st_ctim
        return "\(identity) \(status.st_dev) \(time.tv_sec) \(time.tv_nsec)"
    }

    /// Returns true if a file, a folder or a link (even a broken one) has this name.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(PathText.cString(path), &status) == 0
    }

    /// Returns true if `path` is a folder or a link to one.
    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(PathText.cString(path), &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Returns true if `path` is a file or a link, not a folder, device or pipe.
    package static func isFileOrLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(PathText.cString(path), &status) == 0
            && [S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT)
    }

    /// Returns true if `path` is a regular file or a link to one, so that reading it does not
    /// block.
    package static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(PathText.cString(path), &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Returns the target of a link, or `nil` if `path` is not a link.
    package static func linkTarget(_ path: String) -> String? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(PathText.cString(path), &target, target.count)
        return count > 0
            ? PathText.text(of: target.prefix(count).map { UInt8(bitPattern: $0) }) : nil
    }

    /// Returns the names in a folder, sorted by their bytes, without `.` and `..`.
    ///
    /// - Throws: ``Failure``: 66 if the folder is missing.
    package static func names(inFolder path: String) throws -> [String] {
        guard let folder = opendir(PathText.cString(path)) else {
            throw Failure.system(call: "opendir", subject: path, code: errno)
        }
        defer { closedir(folder) }
        var names: [[UInt8]] = []
        errno = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                Array(bytes.prefix { $0 != 0 })
            }
            let isSelfOrParent = name.count <= 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
            if !isSelfOrParent { names.append(name) }
            errno = 0
        }
        // Without this check, a folder that cannot be read to its end would look like a smaller
        // one.
        if errno != 0 { throw Failure.system(call: "readdir", subject: path, code: errno) }
        return names.sorted { $0.lexicographicallyPrecedes($1) }.map { PathText.text(of: $0) }
    }

    /// Calls `body` with the file's bytes in order, at most `byteCount` at a time.
    static func forEachPiece(
        ofFileAt path: String, byteCount: Int, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let descriptor = try Descriptor(opening: path, flags: O_RDONLY)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
        defer { piece.deallocate() }
        while true {
            let got = try descriptor.read(into: piece)
            if got == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: piece[0..<got]))
        }
    }
}
