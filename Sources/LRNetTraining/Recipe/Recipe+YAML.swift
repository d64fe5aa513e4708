internal import Foundation
internal import LRNetSupport
internal import Yams

extension Recipe {
    /// Reads a recipe file, which must name a network.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - overrides: Each in the form `section.key=value`; applied to the file in order.
    /// - Throws: `Failure` with the file, key, value and a remedy.
    package init(file path: String, overrides: [String] = []) throws {
        let text = try RecipeFile.text(path)
        let root = try RecipeFile.root(text, file: path, overrides: overrides)
        if let problem = RecipeFile.networkProblem(root) {
            throw Failure(
                call: "recipe \(path)", subject: "network", message: problem,
                exitStatus: .badRecipe)
        }
        try self.init(root: root, file: path)
        guard let from = initialization.from, let problem = Self.homeProblem(from) else { return }
        throw Failure(
            call: "recipe \(path)", subject: "initialization.from", message: problem,
            exitStatus: .badRecipe)
    }

    /// Returns a message if a path starts with `~`, which only a shell expands; otherwise `nil`.
    private static func homeProblem(_ path: String) -> String? {
        guard path.hasPrefix("~") else { return nil }
        let home = ProcessInfo.processInfo.environment["HOME"]
        let expanded =
            path == "~" || path.hasPrefix("~/")
            ? home.map { "\"\($0)\(path.dropFirst())\"" } : nil
        return "'\(path)' is not a path, because only a shell expands ~; write "
            + "\(expanded ?? "the full path, starting with /"), or './\(path)' if that is the name"
    }

    /// Reads a recipe from text. Without a network, the recipe is for MNIST.
    ///
    /// - Parameter file: The file's name, for messages.
    package init(yaml: String, file: String, overrides: [String] = []) throws {
        try self.init(
            root: RecipeFile.root(yaml, file: file, overrides: overrides), file: file)
    }

    private init(root: Node, file: String) throws {
        self.init()
        try read(RecipeSection(file: file, node: root))
        try check { subject, message in
            Failure(
                call: "recipe \(file)", subject: subject, message: message, exitStatus: .badRecipe)
        }
    }

    /// The recipe as YAML with every key that it has, in the order of the documentation.
    package var yaml: String {
        var lines: [String] = []
        for (section, keys) in RecipeKey.groups {
            let entries = keys.filter { $0.belongs(to: self) }.map {
                "\($0.name): \($0.text(self))"
            }
            lines += section.isEmpty ? entries : ["\(section):"] + entries.map { "  \($0)" }
        }
        return lines.map { "\($0)\n" }.joined()
    }
}
