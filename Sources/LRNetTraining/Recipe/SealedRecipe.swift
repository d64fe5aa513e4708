internal import LRNetSupport

extension Recipe {
    /// The name of the recipe file in a run's folder.
    static let recordedName = "recipe.yaml"

    private static let sealStart = "# SHA-256 of the lines above: "

    /// Returns the recipe file of a run's folder. Its last line is a comment with the hash of the
    /// other lines.
    package static func sealed(_ yaml: String) -> [UInt8] {
        Array("\(yaml)\(sealStart)\(ContentHash.of(yaml))\n".utf8)
    }

    /// Returns true if the folder contains a recipe that a run wrote, even if it is damaged.
    static func isRecorded(in folder: String) throws -> Bool {
        let path = "\(folder)/\(recordedName)"
        guard FileBytes.exists(path) else { return false }
        return String(decoding: try FileBytes.read(path), as: UTF8.self).contains(sealStart)
    }

    /// Reads the recipe of a run's folder.
    ///
    /// - Parameters:
    ///   - bytes: The content of the file.
    ///   - file: Its path, for messages.
    /// - Throws: `Failure` (65) with the path if the file was changed after it was written.
    init(sealed bytes: [UInt8], file: String) throws {
        let sealByteCount = Self.sealStart.utf8.count + 64 + 1
        let yaml = String(decoding: bytes.dropLast(sealByteCount), as: UTF8.self)
        guard bytes.count > sealByteCount, Self.sealed(yaml) == bytes else {
            throw FailureSite("recipe", file).badData(
                "is damaged or was edited: its last line is not the SHA-256 of the others")
        }
        try self.init(yaml: yaml, file: file)
    }
}
