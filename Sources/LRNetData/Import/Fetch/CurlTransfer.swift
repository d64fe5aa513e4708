import Foundation
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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "curl", "--silent", "--show-error", "--fail", "--location", "--proto",
                "=http,https", "--connect-timeout", "20", "--speed-limit", "1", "--speed-time",
                "60",
            ] + (start > 0 ? ["--continue-at", "\(start)"] : []) + ["--", address]
        let output = Pipe()
        let errors = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        do {
            try process.run()
        } catch {
            throw missing(address)
        }
        var count = start
        var isTooLong = false
        do {
            while let piece = try output.fileHandleForReading.read(upToCount: 1 << 16),
                !piece.isEmpty
            {
                count += piece.count
                isTooLong = count > byteLimit
                if isTooLong { break }
                try file.append(bytes: Array(piece))
                progress(count)
            }
        } catch {
            try? output.fileHandleForReading.close()
            process.waitUntilExit()
            throw error
        }
        // Nobody reads on: curl cannot write and ends.
        try? output.fileHandleForReading.close()
        let said = (try? errors.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        let status = process.terminationStatus
        if isTooLong {
            return CurlTransfer(
                isComplete: false, words: "more than \(byteLimit) bytes", cannotGoOn: true)
        }
        // What `env` ends with when it finds no such program.
        if status == 127 { throw missing(address) }
        let words = String(decoding: said, as: UTF8.self)
            .split(whereSeparator: \.isNewline).joined(separator: " ")
        return CurlTransfer(
            isComplete: status == 0 && process.terminationReason == .exit,
            words: words.isEmpty ? "curl ended with code \(status)" : words,
            cannotGoOn: status == rangeCode || status == httpErrorCode)
    }

    private static func missing(_ address: String) -> Failure {
        Failure(
            call: "fetch", subject: address,
            message: "the program curl is missing; install it (apt-get install curl)",
            exitStatus: .inputMissing)
    }
}
