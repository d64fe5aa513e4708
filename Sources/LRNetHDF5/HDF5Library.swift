import CHDF5
import Foundation
import LRNetSupport

/// The one door to the C library: one call at a time, and its error stack turned into an error.
enum HDF5Library {
    /// HDF5 may be built without thread safety, so that every call is made under this lock.
    private static let lock = NSRecursiveLock()

    /// Keeps the library from cleaning up when the process exits: every object is closed by its
    /// owner, and after meeting a damaged file the clean-up complains on standard error.
    private static let start: Void = { _ = H5dont_atexit() }()

    /// Calls the library; a negative result is thrown as ``Failure``.
    ///
    /// - Parameters:
    ///   - name: The C function.
    ///   - subject: The file, and the object in it.
    ///   - status: The exit code, if the library's words do not point at another one.
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

    /// A name for a file in memory that no other open file has.
    static func uniqueName(_ name: String) -> String {
        lock.withLock {
            memoryFileCount += 1
            return "\(name)#\(memoryFileCount)"
        }
    }

    /// Guarded by the lock.
    nonisolated(unsafe) private static var memoryFileCount = 0

    /// Runs `body` under the lock, with an empty error stack and without HDF5's own printing,
    /// which is a setting of each thread.
    static func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        _ = start
        H5Eset_auto2(HDF5DefaultErrorStack, nil, nil)
        H5Eclear2(HDF5DefaultErrorStack)
        return try body()
    }

    /// The error of the call that has just failed, from the innermost entry of the error stack.
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
        let text = words.first ?? "failed without a reason"
        let code = errorNumber(in: text)
        var exitStatus = status
        if let code { exitStatus = code == ENOENT ? .inputMissing : .inputOutput }
        return Failure(
            call: call, subject: subject, message: summary(of: text), exitStatus: exitStatus)
    }

    /// The `errno` that HDF5 quotes, as in `file read failed: time = ..., errno = 5, ...`.
    static func errorNumber(in text: String) -> Int32? {
        guard let start = text.range(of: "errno = ") else { return nil }
        return Int32(text[start.upperBound...].prefix { $0.isWholeNumber })
    }

    /// HDF5's words without the addresses and times that it adds to the system's errors:
    /// `file read failed: Input/output error`.
    static func summary(of text: String) -> String {
        guard let start = text.range(of: "error message = '"),
            let end = text[start.upperBound...].firstIndex(of: "'")
        else { return text }
        let head = text.prefix { $0 != ":" }
        return "\(head): \(text[start.upperBound..<end])"
    }
}
