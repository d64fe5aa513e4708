public import LRNetSupport

/// An error of a process group: MPI refused a call, or a rank reported trouble of its own.
///
/// Prints as one line, `rank 3: MPI_Bcast: 1024 bytes from rank 0: MPI_ERR_TRUNCATE: message
/// truncated`; empty parts are left out.
public struct CollectiveFailure: Failure, Equatable {
    /// The rank in trouble, or `nil` before the ranks are known.
    public let rank: Int?

    /// The call that failed, or the empty string.
    public let call: String

    /// What the call was doing, or the empty string.
    public let subject: String

    /// The library's own message, or that of the failing rank.
    public let message: String

    /// The exit code that this error asks for.
    public let exitStatus: ExitStatus

    /// The failure was exchanged and every rank throws it at the same step, so the group still works
    /// and may be finalized; otherwise only ``ProcessGroup/abort(_:)`` ends all ranks.
    public let isAgreed: Bool

    /// Makes a failure; line breaks in its parts become spaces.
    public init(
        rank: Int?, call: String, subject: String, message: String,
        exitStatus: ExitStatus = .inputOutput, isAgreed: Bool = false
    ) {
        self.rank = rank
        self.call = Self.oneLine(call)
        self.subject = Self.oneLine(subject)
        self.message = Self.oneLine(message)
        self.exitStatus = exitStatus
        self.isAgreed = isAgreed
    }

    /// The parts on one line.
    public var description: String {
        var parts = [call, subject, message].filter { !$0.isEmpty }
        if let rank, !parts.joined(separator: ": ").hasPrefix("rank \(rank): ") {
            parts.insert("rank \(rank)", at: 0)
        }
        return parts.joined(separator: ": ")
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
