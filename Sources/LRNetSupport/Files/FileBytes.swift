import Foundation

/// Reading files and looking at folders, with errors that name the file.
public enum FileBytes {
    /// All bytes of a file.
    ///
    /// - Throws: ``Failure``: 66 if the file is missing, 74 if it cannot be read.
    public static func read(_ path: String) throws -> [UInt8] {
        let byteCount = try FileBytes.byteCount(ofFileAt: path)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        try forEachPiece(ofFileAt: path, byteCount: ContentHash.pieceByteCount) { piece in
            bytes.append(contentsOf: piece)
        }
        return bytes
    }

    /// The size of a file.
    ///
    /// - Throws: ``Failure``: 66 if there is no such file, or if it is a folder.
    public static func byteCount(ofFileAt path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Failure.system(call: "stat", subject: path, code: errno)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw Failure(
                call: "open", subject: path, message: "this is a folder; name a file",
                exitStatus: .inputMissing)
        }
        return Int(status.st_size)
    }

    /// Whether something (file, folder or broken link) has this name.
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Whether `path` is a folder.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in a folder, sorted, without `.` and `..`.
    ///
    /// - Throws: ``Failure``: 66 if the folder is missing.
    public static func names(inFolder path: String) throws -> [String] {
        guard let folder = opendir(path) else {
            throw Failure.system(call: "opendir", subject: path, code: errno)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Calls `body` with the file's bytes, in order, at most `byteCount` at a time.
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
