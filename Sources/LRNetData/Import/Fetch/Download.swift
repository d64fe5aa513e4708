import Foundation
import LRNetSupport

/// Gets one file from the first of several addresses that gives the right bytes.
///
/// Bytes go to `NAME.part` and get their name when their hash is right. What an earlier, interrupted
/// download left there is gone on with (HTTP ranges). The `curl` program speaks the protocols; we
/// write what it prints, so that it ends with us and cannot write more than allowed.
struct Download {
    /// The file's name in the folder of downloads.
    var name: String

    /// Where it is, in the order to try.
    var addresses: [String]

    /// The SHA-256 of the file, or of its content without gzip, since mirrors compress anew.
    var sha256: String

    /// Whether ``sha256`` is that of the decompressed content.
    var isHashOfContent: Bool

    /// The most bytes that it may have.
    var byteLimit: Int

    /// How often a download that breaks off is gone on with at one address.
    static let attempts = 5

    /// Gets the file, unless it is there already.
    ///
    /// - Parameters:
    ///   - folder: The folder of downloads; it exists.
    ///   - progress: Called with the number of bytes that are there.
    /// - Returns: The file's path.
    /// - Throws: ``Failure`` that says why each address failed: 65 if each gave wrong bytes, else
    ///   74; ``Failure`` (74) if the file cannot be written.
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
            case .failed(let words):
                areWrongBytes = false
                problems.append("\(address): \(words)")
            }
        }
        throw Failure(
            call: "fetch", subject: name,
            message: "SHA-256 \(sha256.prefix(12))... was to be had from no address: "
                + problems.joined(separator: "; ") + "; try again, or another --mirror",
            exitStatus: areWrongBytes ? .badData : .inputOutput)
    }

    private enum Outcome {
        case done
        case wrongBytes(String)
        case failed(String)
    }

    /// Downloads from one address until the hash is right or nothing helps.
    private func get(
        _ address: String, part: String, progress: (Int) -> Void
    ) throws -> Outcome {
        var words = "no answer"
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
                // The first bytes may have come from elsewhere.
                guard startedWithLeftovers else { return .wrongBytes(found) }
                startedWithLeftovers = false
                continue
            }
            words = transfer.words
            if transfer.cannotGoOn {
                // A server without ranges, or a part that is longer than the file.
                try AtomicFile.remove(part)
                guard before > 0 else { return .failed(words) }
                startedWithLeftovers = false
            } else if after == before {
                return .failed(words)
            }
        }
        return .failed(words)
    }

    /// The hash to compare; of damaged gzip it is no hash at all.
    private func hash(of path: String) throws -> String {
        guard isHashOfContent else { return try ContentHash.of(fileAt: path) }
        do {
            return ContentHash.of(try Gzip.read(path, byteLimit: byteLimit * 40))
        } catch let failure as Failure where failure.exitStatus == .badData {
            return "of damaged gzip"
        }
    }
}
