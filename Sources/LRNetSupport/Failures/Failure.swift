import Foundation

/// An error of the world outside (file, data, option, peer) that a program prints as one line and
/// turns into its exit code.
///
/// The line names the call, the thing as the user wrote it, and what to do:
/// `rank 3: H5Dread: mnist/train-00007.h5 images: wrong Fletcher-32 checksum; import the data again`.
/// It has no final full stop.
package struct Failure: Error, Equatable, CustomStringConvertible, Sendable {
    /// The call or task that failed: `rename`, `H5Dread`, `recipe`; may be empty.
    package let call: String

    /// The file, option, layer or peer; may be empty.
    package let subject: String

    /// The problem, in a library's own words where it has some, and the remedy.
    package let message: String

    /// The exit code that this failure asks for.
    package let exitStatus: ExitStatus

    /// The rank that failed, where one rank of several did.
    package let rank: Int?

    /// Every rank throws this failure at the same step, so the group still works and may be
    /// finalized; otherwise all ranks must be aborted.
    package let isAgreed: Bool

    /// Creates a failure; line breaks in its parts become spaces.
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

    /// The parts that are not empty, on one line.
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
    /// A system call failed with `code`, a value of `errno`.
    ///
    /// A missing file asks for exit code 66, everything else for 74.
    package static func system(call: String, subject: String, code: Int32) -> Failure {
        Failure(
            call: call, subject: subject, message: words(for: code),
            exitStatus: code == ENOENT || code == ENOTDIR ? .inputMissing : .inputOutput)
    }

    /// The error itself if it is a failure; otherwise a bug of ours, with the error's words.
    package static func wrapping(
        _ error: any Error, call: String = "", subject: String = ""
    ) -> Failure {
        error as? Failure
            ?? Failure(
                call: call, subject: subject, message: "\(error)", exitStatus: .internalError)
    }

    /// The exit code that an error asks for; 70 for one that is not a failure.
    package static func exitStatus(of error: any Error) -> ExitStatus {
        (error as? Failure)?.exitStatus ?? .internalError
    }

    /// This failure with a remedy after its message.
    package func adding(remedy: String) -> Failure {
        Failure(
            call: call, subject: subject, message: "\(message); \(remedy)", exitStatus: exitStatus,
            rank: rank, isAgreed: isAgreed)
    }

    /// The system's words for `code`, and the remedy.
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
