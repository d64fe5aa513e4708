import Foundation
public import LRNetSupport

/// Data that are missing, damaged or cannot be read: which call, on what, and why.
public struct DataFailure: Failure {
    /// The call that failed: `H5Dread`, `verify`, `import`.
    public let call: String

    /// The file, and the data set or sample in it.
    public let subject: String

    /// What is wrong, in the library's own words where it is a library that says so.
    public let message: String

    /// The exit code that this error asks for.
    public let exitStatus: ExitStatus

    /// Creates an error.
    public init(
        call: String, subject: String, message: String, exitStatus: ExitStatus = .badData
    ) {
        self.call = call
        self.subject = subject
        self.message = message
        self.exitStatus = exitStatus
    }

    /// `H5Dread: data/mnist/train-00007.h5 images: data error detected by Fletcher32 checksum`.
    public var description: String { "\(call): \(subject): \(message)" }
}
