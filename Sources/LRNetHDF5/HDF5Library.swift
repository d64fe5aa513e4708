import CHDF5
import Foundation
import LRNetSupport

/// The only access to the C library. Calls run one at a time, and its error stack becomes a Swift
/// error.
enum HDF5Library {
    /// The lock of all calls, because HDF5 can be built without thread safety.
    private static let lock = NSRecursiveLock()

    /// Prevents the library's cleanup when the process exits. Every object is closed by its owner,
    /// and after a damaged file the cleanup would print errors on standard error.
    private static let start: Void = { _ = H5dont_atexit() }()

    /// Calls the library and throws ``Failure`` for a negative result.
    ///
    /// - Parameters:
    ///   - name: The C function.
    ///   - subject: The file and the object in it.
    ///   - status: The exit code for errors in which the library does not report an `errno`. With
    ///     an `errno`, the exit code is 66 for a missing file and otherwise 74.
    static func call<Result: BinaryInteger>(
        _ name: String, _ subject: String, status: ExitStatus = .badData, _ body: () -> Result
    ) throws -> Result {
        try locked {
            let result = body()
            guard result >= 0 else {
                throw failure(call: name, subject: subject, status: status)
            }
            return result
        }
    }

    /// Returns a name for a file in memory that no other open file has.
    static func uniqueName(_ name: String) -> String {
        lock.withLock {
            memoryFileCount += 1
            return "\(name)#\(memoryFileCount)"
        }
    }

    /// The number of files in memory so far, guarded by the lock.
    nonisolated(unsafe) private static var memoryFileCount = 0

    /// Runs `body` under the lock with an empty error stack. HDF5's own printing of errors is
    /// turned off in each call, because it is a setting of the thread.
    static func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        _ = start
        H5Eset_auto2(HDF5DefaultErrorStack, nil, nil)
        H5Eclear2(HDF5DefaultErrorStack)
        return try body()
    }

    /// Returns the error of the last failed call, from the innermost entry of the error stack.
    private static func failure(
        call: String, subject: String, status: ExitStatus
    ) -> Failure {
        var words = [String]()
        withUnsafeMutablePointer(to: &words) { words in
            _ = H5Ewalk2(
                HDF5DefaultErrorStack, H5E_WALK_UPWARD,
                { _, entry, words in
                    if let text = entry?.pointee.desc, text[0] != 0 {
                        words?.assumingMemoryBound(to: [String].self).pointee
                            .append(String(cString: text))
                    }
                    return 0
                }, words)
        }
        let text = words.first ?? "failed without a message"
        let code = errorNumber(in: text)
        var exitStatus = status
        if let code { exitStatus = code == ENOENT ? .inputMissing : .inputOutput }
        return Failure(
            call: call, subject: subject, message: summary(of: text), exitStatus: exitStatus)
    }

    /// Returns the `errno` in HDF5's text, such as `file read failed: time = ..., errno = 5, ...`.
    static func errorNumber(in text: String) -> Int32? {
        guard let start = text.range(of: "errno = ") else { return nil }
        return Int32(text[start.upperBound...].prefix { $0.isWholeNumber })
    }

    /// Returns HDF5's text without the addresses and times that it adds to errors of the system,
    /// such as `file read failed: Input/output error`.
    static func summary(of text: String) -> String {
        guard let start = text.range(of: "error message = '"),
            let end = text[start.upperBound...].firstIndex(of: "'")
        else { return text }
        let head = text.prefix { $0 != ":" }
        return "\(head): \(text[start.upperBound..<end])"
    }
}
