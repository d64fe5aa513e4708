import LRNetSupport

/// One run of the `curl` program, whose output is appended to a file.
struct CurlTransfer {
    /// True if curl succeeded.
    let isComplete: Bool

    /// The error message, on one line.
    let message: String

    /// True if the transfer cannot resume from the current end of the file.
    let cannotResume: Bool

    /// Exit codes of curl: ranges not supported, and HTTP errors. The latter include 416 (the range
    /// starts after the end of the file).
    private static let rangeCode: Int32 = 33
    private static let httpErrorCode: Int32 = 22

    /// Runs curl and appends its output to a file.
    ///
    /// - Parameters:
    ///   - start: The current size of the file in bytes. Only the rest is requested.
    ///   - byteLimit: The maximum file size in bytes. A transfer that exceeds it is stopped.
    ///   - progress: Called with the current size of the file in bytes.
    /// - Throws: ``Failure`` (66) if `curl` is not installed; ``Failure`` (74) if the file cannot
    ///   be written.
    static func append(
        _ address: String, to path: String, from start: Int, byteLimit: Int,
        progress: (Int) -> Void
    ) throws -> CurlTransfer {
        let file = try AppendedFile(path: path)
        let process: ChildProcess
        do {
            process = try ChildProcess(
                [
                    "curl", "--silent", "--show-error", "--fail", "--location", "--proto",
                    "=http,https", "--connect-timeout", "20", "--speed-limit", "1", "--speed-time",
                    "60",
                ] + (start > 0 ? ["--continue-at", "\(start)"] : []) + ["--", address])
        } catch let failure as Failure where failure.exitStatus == .inputMissing {
            throw missing(address)
        }
        var count = start
        var isTooLong = false
        do {
            while !isTooLong {
                let piece = try process.read()
                if piece.isEmpty { break }
                count += piece.count
                isTooLong = count > byteLimit
                if isTooLong { break }
                try file.append(bytes: piece)
                progress(count)
            }
        } catch {
            _ = process.finish()
            throw error
        }
        let (code, errorText) = process.finish()
        if isTooLong {
            return CurlTransfer(
                isComplete: false, message: "more than \(byteLimit) bytes", cannotResume: true)
        }
        let message = errorText.split(whereSeparator: \.isNewline).joined(separator: " ")
        return CurlTransfer(
            isComplete: code == 0,
            message: message.isEmpty ? "curl ended with code \(code)" : message,
            cannotResume: code == rangeCode || code == httpErrorCode)
    }

    private static func missing(_ address: String) -> Failure {
        Failure(
            call: "fetch", subject: address,
            message: "the program curl is missing; install it (apt-get install curl)",
            exitStatus: .inputMissing)
    }
}
