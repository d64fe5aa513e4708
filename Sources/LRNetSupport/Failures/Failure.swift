import Foundation

/// An external error (of a file, data, an option or a peer), which a program prints as one line
/// and converts to its exit code.
///
/// The line names the call, the thing as the user wrote it, and the remedy. It does not end with a
/// period:
///
///     rank 3: H5Dread: mnist/train-00007.h5 images: wrong Fletcher-32 checksum; import it again
package struct Failure: Error, Equatable, CustomStringConvertible, Sendable {
    /// The call or task that failed, such as `rename`, `H5Dread` or `recipe`; can be empty.
    package let call: String

    /// The file, option, layer or peer; can be empty.
    package let subject: String

    /// The problem, quoting the library's message if there is one, and the remedy.
    package let message: String

    package let exitStatus: ExitStatus

    /// The rank that failed, if only one of several ranks failed.
    package let rank: Int?

    /// True if every rank throws this failure at the same step. The group then still works and can
    /// be finalized; otherwise all ranks must be aborted.
    package let isAgreed: Bool

    /// Creates a failure, and replaces line breaks in its parts by spaces.
    package init(
        call: String, subject: String, message: String, exitStatus: ExitStatus, rank: Int? = nil,
        isAgreed: Bool = false
    ) {
        self.call = Self.oneLine(call)
        self.subject = Self.oneLine(subject)
        self.message = Self.oneLine(message)
        self.exitStatus = exitStatus
        self.rank = rank
        self.isAgreed = isAgreed
    }

    package var description: String {
        let line = [call, subject, message].filter { !$0.isEmpty }.joined(separator: ": ")
        guard let rank, !line.hasPrefix("rank \(rank): ") else { return line }
        return line.isEmpty ? "rank \(rank)" : "rank \(rank): \(line)"
    }

    private static func oneLine(_ text: String) -> String {
        guard text.contains(where: \.isNewline) else { return text }
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

extension Failure {
    /// Returns the failure of a system call with `code`, a value of `errno`.
    ///
    /// The exit code is 66 for a missing file, and 74 for everything else.
    package static func system(call: String, subject: String, code: Int32) -> Failure {
        Failure(
            call: call, subject: subject, message: words(for: code),
            exitStatus: code == ENOENT || code == ENOTDIR ? .inputMissing : .inputOutput)
    }

    /// Returns the error itself if it is a failure; otherwise an internal error with its text.
    package static func wrapping(
        _ error: any Error, call: String = "", subject: String = ""
    ) -> Failure {
        error as? Failure
            ?? Failure(
                call: call, subject: subject, message: "\(error)", exitStatus: .internalError)
    }

    /// Returns the exit code of an error: 70 if it is not a failure.
    package static func exitStatus(of error: any Error) -> ExitStatus {
        (error as? Failure)?.exitStatus ?? .internalError
    }

    /// Returns this failure with a remedy appended to its message.
    package func adding(remedy: String) -> Failure {
        Failure(
            call: call, subject: subject, message: "\(message); \(remedy)", exitStatus: exitStatus,
            rank: rank, isAgreed: isAgreed)
    }

    /// Returns the system's message for `code`, followed by a remedy if there is one.
    static func words(for code: Int32) -> String {
        let words = String(cString: strerror(code))
        guard let remedy = remedy(for: code) else { return words }
        return "\(words); \(remedy)"
    }

    private static func remedy(for code: Int32) -> String? {
        switch code {
        case ENOSPC: "free some space and run the same command again"
        case EDQUOT: "free some of your quota and run the same command again"
        case EACCES, EPERM: "check the permissions of the file and its folder"
        case EROFS: "choose a folder on a writable file system"
        case EMFILE, ENFILE: "raise the limit on open files (ulimit -n)"
        case ENOENT: "check the path"
        case EISDIR: "name a file, not a folder"
        case EFBIG: "raise the limit on the size of files (ulimit -f)"
        case EIO: "the disk or network file system failed; see the system's log"
        default: nil
        }
    }
}
