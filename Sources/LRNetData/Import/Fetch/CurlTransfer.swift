import LRNetSupport

/// One run of the `curl` program, whose output is appended to a file.
struct CurlTransfer {
    /// Whether curl says that everything came.
    let isComplete: Bool

    /// What curl says otherwise, on one line.
    let words: String

    /// Whether going on from where the file ends is refused.
    let cannotGoOn: Bool

    /// Codes of curl: ranges are not supported; an HTTP error, which 416 (the range lies behind the
    /// end) is too.
    private static let rangeCode: Int32 = 33
    private static let httpErrorCode: Int32 = 22

    /// Runs curl.
    ///
    /// - Parameters:
    ///   - start: The number of bytes that the file has; the rest is asked for.
    ///   - byteLimit: The transfer is ended when the file becomes longer.
    ///   - progress: Called with the number of bytes that the file has.
    /// - Throws: ``Failure`` (66) if there is no `curl`; ``Failure`` (74) if the file
    ///   cannot be written.
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
        let (code, said) = process.finish()
        if isTooLong {
            return CurlTransfer(
                isComplete: false, words: "more than \(byteLimit) bytes", cannotGoOn: true)
        }
        let words = said.split(whereSeparator: \.isNewline).joined(separator: " ")
        return CurlTransfer(
            isComplete: code == 0, words: words.isEmpty ? "curl ended with code \(code)" : words,
            cannotGoOn: code == rangeCode || code == httpErrorCode)
    }

    private static func missing(_ address: String) -> Failure {
        Failure(
            call: "fetch", subject: address,
            message: "the program curl is missing; install it (apt-get install curl)",
            exitStatus: .inputMissing)
    }
}
