import Foundation

/// A file operation that failed: which call, on what, and why.
public struct SupportFailure: Failure {
    /// The call that failed, as the system names it: `write`, `rename`, `flock`.
    public let call: String

    /// The file or folder.
    public let subject: String

    /// The system's own words, and the remedy where there is one.
    public let message: String

    /// The exit code that this error asks for.
    public let exitStatus: ExitStatus

    /// Creates an error.
    public init(call: String, subject: String, message: String, exitStatus: ExitStatus) {
        self.call = call
        self.subject = subject
        self.message = message
        self.exitStatus = exitStatus
    }

    /// Creates the error for `code`, a value of `errno`.
    ///
    /// A missing file asks for exit code 66, everything else for 74.
    public init(call: String, subject: String, code: Int32) {
        self.init(
            call: call, subject: subject, message: Self.words(for: code),
            exitStatus: code == ENOENT || code == ENOTDIR ? .inputMissing : .inputOutput)
    }

    /// `write: runs/a/result.json: No space left on device; free some space and run again`.
    public var description: String { "\(call): \(subject): \(message)" }

    /// The system's words for `code`, and the remedy.
    static func words(for code: Int32) -> String {
        let words = String(cString: strerror(code))
        guard let remedy = remedy(for: code) else { return words }
        return "\(words); \(remedy)"
    }

    /// What a user can do about an error of the file system.
    static func remedy(for code: Int32) -> String? {
        switch code {
        case ENOSPC: "free some space and run the same command again"
        case EDQUOT: "free some of your quota and run the same command again"
        case EACCES, EPERM: "check the permissions of the file and its folder"
        case EROFS: "choose a folder on a writable file system"
        case EMFILE, ENFILE: "raise the limit on open files (ulimit -n)"
        case ENOENT: "check the path"
        case EISDIR: "name a file, not a folder"
        case EIO: "the disk or network file system failed; see the system's log"
        default: nil
        }
    }
}
