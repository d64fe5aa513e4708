import Foundation

extension AtomicFile {
    /// Makes `path` a symbolic link to `target`, replacing an older link in one step.
    ///
    /// - Throws: ``Failure`` that names `path`; an older link is then untouched.
    public static func link(_ path: String, to target: String) throws {
        let temporary = temporaryName(path)
        unlink(PathText.cString(temporary))
        try FileFault.check(.symlink, path)
        guard symlink(PathText.cString(target), PathText.cString(temporary)) == 0 else {
            throw Failure.system(call: "symlink", subject: path, code: errno)
        }
        do {
            try rename(temporary, to: path)
        } catch {
            unlink(PathText.cString(temporary))
            throw error
        }
    }
}
