/// A call and its subject, shared by several possible failures.
///
///     let site = FailureSite("tar", path, remedy: "download it again")
///     throw site.badData("has no end")        // tar: cifar.tar: has no end; download it again
package struct FailureSite: Sendable {
    /// The value of ``Failure/call``.
    package let call: String

    /// The value of ``Failure/subject``.
    package let subject: String

    /// A remedy that is appended to each message.
    package let remedy: String?

    package init(_ call: String, _ subject: String, remedy: String? = nil) {
        self.call = call
        self.subject = subject
        self.remedy = remedy
    }

    /// Returns a failure at this site; `part` names the affected part of the subject.
    package func failure(
        _ exitStatus: ExitStatus, _ message: String, part: String? = nil
    ) -> Failure {
        Failure(
            call: call, subject: part.map { "\(subject) \($0)" } ?? subject,
            message: remedy.map { "\(message); \($0)" } ?? message, exitStatus: exitStatus)
    }

    /// Returns a failure with exit code 65: the content of a file is wrong.
    package func badData(_ message: String, part: String? = nil) -> Failure {
        failure(.badData, message, part: part)
    }

    /// Returns a failure with exit code 66: a file or folder is missing.
    package func inputMissing(_ message: String) -> Failure { failure(.inputMissing, message) }

    /// Returns a failure with exit code 64: the command line is wrong.
    package func usage(_ message: String) -> Failure { failure(.usage, message) }

    /// Returns a failure with exit code 74: reading or writing failed.
    package func inputOutput(_ message: String) -> Failure { failure(.inputOutput, message) }

    /// Returns a failure with exit code 78: the recipe is wrong.
    package func badRecipe(_ message: String) -> Failure { failure(.badRecipe, message) }
}
