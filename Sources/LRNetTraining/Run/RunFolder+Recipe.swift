internal import LRNetSupport

extension RunFolder {
    static let recipeName = "recipe.yaml"
    private static let sealStart = "# SHA-256 of the lines above: "

    /// A recipe as a run's folder keeps it: its last line, a comment, has the hash of the others.
    package static func sealed(_ yaml: String) -> [UInt8] {
        Array("\(yaml)\(sealStart)\(ContentHash.of(yaml))\n".utf8)
    }

    /// Reads the recipe of a run's folder.
    ///
    /// - Parameter bytes: The content of `recipe.yaml`.
    /// - Throws: `Failure` (65) that names the file, if it is not just as it was written.
    static func recordedRecipe(_ bytes: [UInt8], in path: String) throws -> Recipe {
        let file = "\(path)/\(recipeName)"
        let sealByteCount = sealStart.utf8.count + 64 + 1
        let lines = bytes.dropLast(sealByteCount)
        let yaml = String(decoding: lines, as: UTF8.self)
        guard bytes.count > sealByteCount, sealed(yaml) == bytes else {
            throw Failure(
                call: "recipe", subject: file,
                message: "is damaged or was edited: its last line is not the SHA-256 of the others",
                exitStatus: .badData)
        }
        return try Recipe(yaml: yaml, file: file)
    }

    /// Refuses to go on with a run of another recipe.
    ///
    /// - Parameter path: The run's folder.
    /// - Returns: What is another, but may be.
    static func check(_ recipe: Recipe, against old: Recipe, of path: String) throws
        -> [RecipeChange]
    {
        let changes = recipe.changes(from: old)
        let wrong = changes.filter { !$0.isAllowed }
        guard wrong.isEmpty else {
            throw site(path).badRecipe(
                "holds a run of another recipe ("
                    + wrong.map(\.description).joined(separator: ", ") + "); take that back ("
                    + wrong.map(\.remedy).joined(separator: " ") + ") or choose another --output")
        }
        return changes
    }
}
