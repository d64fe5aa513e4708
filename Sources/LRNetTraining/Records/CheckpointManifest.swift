internal import Foundation
internal import LRNetSupport

/// The manifest of a checkpoint's folder: size and hash of the state file. It is written last.
struct CheckpointManifest: Codable {
    var schemaVersion = 1
    var step: Int
    var file = "state.h5"
    var byteCount: Int
    var sha256: String

    static let fileName = "manifest.json"

    /// Creates the manifest of a checkpoint.
    init(step: Int, bytes: [UInt8]) {
        self.step = step
        byteCount = bytes.count
        sha256 = ContentHash.of(bytes)
    }

    /// Reads the manifest of a checkpoint's folder.
    ///
    /// - Throws: `Failure` (65) if it is damaged, or the failure of reading the file.
    init(inFolder path: String) throws {
        let text = try FileBytes.read("\(path)/\(Self.fileName)")
        guard let manifest = try? JSONDecoder().decode(CheckpointManifest.self, from: Data(text))
        else {
            throw FailureSite("checkpoint", "\(path)/\(Self.fileName)").badData("is damaged")
        }
        self = manifest
    }

    var name: String { Self.name(step) }

    static func name(_ step: Int) -> String {
        "step-" + String(repeating: "0", count: max(8 - "\(step)".count, 0)) + "\(step)"
    }
}
