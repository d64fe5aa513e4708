package import LRNetSupport

/// The SHA-256 of a file in the file's own metadata: of all bytes, taken while zeros stood in its place.
package enum SelfHash {
    /// The key in the metadata.
    package static let key = "sha256"

    /// In the file while it is hashed.
    package static let empty = String(repeating: "0", count: 64)

    /// The bytes of a file with ``empty`` replaced by their hash.
    package static func filled(_ bytes: [UInt8]) -> [UInt8] {
        replacing(empty, by: ContentHash.of(bytes), in: bytes)
    }

    /// Throws `Failure` (65) unless the hash in the metadata is that of `bytes`.
    package static func check(
        _ bytes: [UInt8], _ metadata: [String: String], site: FailureSite
    ) throws {
        guard let hash = metadata[key], hash.utf8.count == empty.utf8.count,
            ContentHash.of(replacing(hash, by: empty, in: bytes)) == hash
        else {
            throw site.badData("is damaged or was edited: its content does not have its SHA-256")
        }
    }

    private static func replacing(_ old: String, by new: String, in bytes: [UInt8]) -> [UInt8] {
        guard let place = bytes.firstRange(of: Array(old.utf8)) else { return bytes }
        var result = bytes
        result.replaceSubrange(place, with: Array(new.utf8))
        return result
    }
}
