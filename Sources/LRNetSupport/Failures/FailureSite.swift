/// The place of several possible failures: one call on one subject.
///
///     let site = FailureSite("tar", path, remedy: "download it again")
///     throw site.badData("has no end")        // tar: cifar.tar: has no end; download it again
package struct FailureSite: Sendable {
    /// As ``Failure/call``.
    package let call: String

    /// As ``Failure/subject``.
    package let subject: String

    /// Text after each message, if there is a remedy that all failures here share.
    package let remedy: String?

    /// Creates a site.
    package init(_ call: String, _ subject: String, remedy: String? = nil) {
        self.call = call
        self.subject = subject
        self.remedy = remedy
    }

    /// A failure here; `part` names what of the subject it is about.
    package func failure(
        _ exitStatus: ExitStatus, _ message: String, part: String? = nil
    ) -> Failure {
        Failure(
            call: call, subject: part.map { "\(subject) \($0)" } ?? subject,
            message: remedy.map { "\(message); \($0)" } ?? message, exitStatus: exitStatus)
    }

    /// A file's content is wrong (65).
    package func badData(_ message: String, part: String? = nil) -> Failure {
        failure(.badData, message, part: part)
    }

    /// A file or folder is missing (66).
    package func inputMissing(_ message: String) -> Failure { failure(.inputMissing, message) }

    /// The command line is wrong (64).
    package func usage(_ message: String) -> Failure { failure(.usage, message) }

    /// Reading or writing failed (74).
    package func inputOutput(_ message: String) -> Failure { failure(.inputOutput, message) }

    /// The recipe is wrong (78).
    package func badRecipe(_ message: String) -> Failure { failure(.badRecipe, message) }
}
