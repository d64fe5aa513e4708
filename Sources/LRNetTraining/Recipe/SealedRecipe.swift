internal import LRNetSupport

extension Recipe {
    /// A recipe's name in a run's folder.
    static let recordedName = "recipe.yaml"

    private static let sealStart = "# SHA-256 of the lines above: "

    /// A recipe as a run's folder keeps it: its last line, a comment, has the hash of the others.
    package static func sealed(_ yaml: String) -> [UInt8] {
        Array("\(yaml)\(sealStart)\(ContentHash.of(yaml))\n".utf8)
    }

    /// The folder contains a recipe that a run has written, sound or not.
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
    /// - Throws: `Failure` (65) that names the file, if it is not just as it was written.
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
