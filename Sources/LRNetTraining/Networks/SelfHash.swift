package import LRNetSupport

/// The SHA-256 of a file, stored in the file's own metadata. It covers all bytes, with zeros in the
/// place of the hash.
package enum SelfHash {
    /// The metadata key of the hash.
    package static let key = "sha256"

    /// The placeholder for the hash.
    package static let empty = String(repeating: "0", count: 64)

    /// Returns the bytes of a file, with ``empty`` replaced with their hash.
    package static func filled(_ bytes: [UInt8]) -> [UInt8] {
        replacing(empty, by: ContentHash.of(bytes), in: bytes)
    }

    /// Verifies the hash in the metadata.
    ///
    /// - Throws: `Failure` (65) if `bytes` do not match it.
    package static func check(
        _ bytes: [UInt8], _ metadata: [String: String], site: FailureSite
    ) throws {
        guard let hash = metadata[key], hash.utf8.count == empty.utf8.count,
            ContentHash.of(replacing(hash, by: empty, in: bytes)) == hash
        else {
            throw site.badData(
                "is damaged or was edited: its content does not match its SHA-256; copy it again, or "
                    + "rerun the command that wrote it")
        }
    }

    private static func replacing(_ old: String, by new: String, in bytes: [UInt8]) -> [UInt8] {
        guard let place = bytes.firstRange(of: Array(old.utf8)) else { return bytes }
        var result = bytes
        result.replaceSubrange(place, with: Array(new.utf8))
        return result
    }
}
