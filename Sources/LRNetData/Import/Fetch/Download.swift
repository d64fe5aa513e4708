import Foundation
import LRNetSupport

/// Downloads a file from the first of several addresses that provides the correct bytes.
///
/// Bytes are written to `NAME.part`, which is renamed when the hash is correct. An interrupted
/// download resumes from this file (HTTP ranges). The `curl` program handles the protocols. This
/// program writes curl's output to disk, so that curl ends when this program ends and cannot exceed
/// the size limit.
struct Download {
    /// The file name in the download folder.
    var name: String

    /// The addresses, in the order of attempts.
    var addresses: [String]

    /// The SHA-256 of the file, or of its decompressed content, because mirrors recompress gzip
    /// files.
    var sha256: String

    /// True if ``sha256`` is the hash of the decompressed content.
    var isHashOfContent: Bool

    /// The maximum size of the file in bytes.
    var byteLimit: Int

    /// The maximum number of transfers per address; an interrupted download resumes in the next
    /// one.
    static let attempts = 5

    /// Downloads the file, unless it already exists.
    ///
    /// - Parameters:
    ///   - folder: The download folder, which must exist.
    ///   - progress: Called with the number of bytes present.
    /// - Returns: The path of the file.
    /// - Throws: ``Failure`` that gives the reason for each address: 65 if all provided wrong
    ///   bytes, 74 otherwise. Also ``Failure`` (74) if the file cannot be written.
    func run(in folder: String, progress: (Int) -> Void) throws -> String {
        let path = "\(folder)/\(name)"
        if FileBytes.exists(path), try hash(of: path) == sha256 { return path }
        var problems: [String] = []
        var areWrongBytes = true
        for address in addresses {
            let outcome = try get(address, part: "\(path).part", progress: progress)
            switch outcome {
            case .done:
                try AtomicFile.rename("\(path).part", to: path)
                return path
            case .wrongBytes(let found):
                problems.append("\(address): SHA-256 \(found.prefix(12))...")
            case .failed(let message):
                areWrongBytes = false
                problems.append("\(address): \(message)")
            }
        }
        throw Failure(
            call: "fetch", subject: name,
            message: "no address provides the file with SHA-256 \(sha256.prefix(12))...: "
                + problems.joined(separator: "; ") + "; try again, or use another --mirror",
            exitStatus: areWrongBytes ? .badData : .inputOutput)
    }

    private enum Outcome {
        case done
        case wrongBytes(String)
        case failed(String)
    }

    /// Downloads from one address until the hash is correct or another attempt cannot help.
    private func get(
        _ address: String, part: String, progress: (Int) -> Void
    ) throws -> Outcome {
        var message = "no answer"
        var startedWithLeftovers = FileBytes.exists(part)
        for _ in 0..<Self.attempts {
            let before = FileBytes.exists(part) ? try FileBytes.byteCount(ofFileAt: part) : 0
            if before > 0, try hash(of: part) == sha256 { return .done }
            let transfer = try CurlTransfer.append(
                address, to: part, from: before, byteLimit: byteLimit, progress: progress)
            let after = FileBytes.exists(part) ? try FileBytes.byteCount(ofFileAt: part) : 0
            if transfer.isComplete {
                let found = after > 0 ? try hash(of: part) : "nothing"
                if found == sha256 { return .done }
                try AtomicFile.remove(part)
                // The first bytes may be from another address.
                guard startedWithLeftovers else { return .wrongBytes(found) }
                startedWithLeftovers = false
                continue
            }
            message = transfer.message
            if transfer.cannotResume {
                // The server does not support ranges, or the partial file is longer than the file.
                try AtomicFile.remove(part)
                guard before > 0 else { return .failed(message) }
                startedWithLeftovers = false
            } else if after == before {
                return .failed(message)
            }
        }
        return .failed(message)
    }

    /// Returns the hash to compare, or a text that is not a hash if the gzip data is damaged.
    private func hash(of path: String) throws -> String {
        guard isHashOfContent else { return try ContentHash.of(fileAt: path) }
        do {
            return ContentHash.of(try Gzip.read(path, byteLimit: byteLimit * 40))
        } catch let failure as Failure where failure.exitStatus == .badData {
            return "of damaged gzip"
        }
    }
}
