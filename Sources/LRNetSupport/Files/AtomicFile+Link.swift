import Foundation

extension AtomicFile {
    /// Makes `path` a symbolic link to `target`, replacing an older link in one step.
    ///
    /// - Throws: ``Failure`` that names `path`; an older link is then untouched.
    public static func link(_ path: String, to target: String) throws {
        let temporary = temporaryName(path)
        unlink(temporary)
        try FileFault.check(.symlink, path)
        guard symlink(target, temporary) == 0 else {
            throw Failure.system(call: "symlink", subject: path, code: errno)
        }
        do {
            try rename(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }
}
