public import LRNetSupport

/// An error of a run: its recipe, its folder, its numbers.
public struct TrainingFailure: Failure, Equatable {
    /// What was being done: `recipe`, `resume`, ...
    public let call: String

    /// The thing: a file, a key, a layer.
    public let subject: String

    /// What is wrong with it, and what to do.
    public let message: String

    /// The exit code.
    public let exitStatus: ExitStatus

    /// Creates a failure.
    public init(call: String, subject: String, message: String, exitStatus: ExitStatus) {
        self.call = call
        self.subject = subject
        self.message = message
        self.exitStatus = exitStatus
    }

    /// `call: subject: message`
    public var description: String { "\(call): \(subject): \(message)" }
}
