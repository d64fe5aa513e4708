internal import Foundation
internal import LRNetSupport
internal import Yams

/// The text of a recipe file with the overrides of the command line, before its keys are
/// interpreted.
enum RecipeFile {
    /// The folder of the recipes.
    private static let folder = "launch/recipes"

    /// The maximum number of levels in an override: more than any key has, and few enough to
    /// recurse.
    private static let levelLimit = 10

    /// Reads the text of a recipe file.
    ///
    /// - Throws: `Failure`: 66 if the file cannot be read (if it does not exist, with the most
    ///   similar name), 78 if it is not a text file.
    static func text(_ path: String) throws -> String {
        do {
            let bytes = try FileBytes.read(path)
            if let found = ForeignContent.standIn(bytes) {
                throw FailureSite("recipe", path).badRecipe(found.message)
            }
            let content = ForeignContent.withoutMark(bytes)
            guard !bytes.contains(0), let text = String(validating: content, as: UTF8.self) else {
                throw Failure(
                    call: "recipe", subject: path,
                    message: "is not a text file (UTF-8); give a recipe, such as "
                        + "\(folder)/mnist-ternary.yaml", exitStatus: .badRecipe)
            }
            return text
        } catch let failure as Failure where failure.call != "recipe" {
            guard !FileBytes.exists(path) else {
                throw Failure(
                    call: "recipe", subject: path,
                    message: "cannot be read (\(failure)); recipes are in \(folder)",
                    exitStatus: .inputMissing)
            }
            let hint =
                nearest(path).map { "did you mean \(PathText.shellWord($0))?" }
                ?? "recipes are in \(folder)"
            throw Failure(
                call: "recipe", subject: path, message: "not found; \(hint)",
                exitStatus: .inputMissing)
        }
    }

    /// Returns the file with the most similar name, in the folder of the path or of the recipes.
    private static func nearest(_ path: String) -> String? {
        let siblings = PathText.folder(of: path)
        var files: [(name: String, path: String)] = []
        for place in siblings == folder ? [folder] : [siblings, folder] {
            for name in (try? FileBytes.names(inFolder: place)) ?? [] {
                guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else { continue }
                files.append((stem(name), place == "." ? name : "\(place)/\(name)"))
            }
        }
        let near = Spelling.nearest(stem(path), among: files.map(\.name))
        return files.first { $0.name == near }?.path
    }

    private static func stem(_ path: String) -> String {
        let name = PathText.lastPart(of: path)
        let ending = [".yaml", ".yml"].first { name.hasSuffix($0) } ?? ""
        return String(name.dropLast(ending.count))
    }

    /// Parses a recipe and applies the overrides.
    ///
    /// - Parameters:
    ///   - file: The file's name, for messages.
    ///   - overrides: Each in the form `section.key=value`; applied to the text in order.
    static func root(_ yaml: String, file: String, overrides: [String]) throws -> Node {
        var root: Node
        do {
            root = try Yams.compose(yaml: yaml) ?? Node([(Node, Node)]())
        } catch {
            throw syntaxFailure(error, yaml: yaml, file: file)
        }
        for override in overrides {
            let equals = override.firstIndex(of: "=") ?? override.startIndex
            let keys = override[..<equals].split(separator: ".", omittingEmptySubsequences: false)
                .map(String.init)
            let rest = override.count > 40 ? "..." : ""
            let subject = "'\(override.prefix(40))\(rest)'"
            guard keys.allSatisfy({ !$0.isEmpty }) else {
                throw Failure(
                    call: "--set", subject: subject,
                    message: "write section.key=value, such as training.steps=50",
                    exitStatus: .usage)
            }
            guard keys.count <= levelLimit else {
                throw Failure(
                    call: "--set", subject: subject,
                    message: "has \(keys.count) levels; write section.key=value, such as "
                        + "training.steps=50", exitStatus: .usage)
            }
            let text = String(override[override.index(after: equals)...])
            let value = (try? Yams.compose(yaml: text)).flatMap { $0 } ?? Node(text)
            root = replacing(root, keys[...], with: value)
        }
        return root
    }

    /// Returns a message if a recipe does not name a network; `nil` if it does, or if it is not a
    /// mapping.
    static func networkProblem(_ root: Node) -> String? {
        func isSet(_ node: Node?) -> Bool { node.map { !RecipeSection.isNull($0) } ?? false }
        guard root.mapping != nil || !isSet(root) else { return nil }
        guard let network = root.mapping?["network"], isSet(network) else {
            return "is required, such as network: mnist"
        }
        guard let mapping = network.mapping, !isSet(mapping["name"]), !isSet(mapping["layers"])
        else { return nil }
        return "name or layers are required, such as network: {name: mnist}"
    }

    private static func syntaxFailure(_ error: any Error, yaml: String, file: String) -> Failure {
        let lines = yaml.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let indented = lines.firstIndex { $0.prefix { $0.isWhitespace }.contains("\t") }
        let words = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
        return Failure(
            call: "recipe \(file)", subject: indented.map { "line \($0 + 1)" } ?? "the file",
            message: indented == nil
                ? "is not valid YAML: \(words)"
                : "YAML does not allow tabs here; indent with spaces",
            exitStatus: .badRecipe)
    }

    private static func replacing(
        _ node: Node, _ keys: ArraySlice<String>, with value: Node, word: String? = nil
    ) -> Node {
        guard let first = keys.first else { return value }
        var pairs = node.mapping.map { $0.map { ($0.key, $0.value) } } ?? []
        if let word, let name = node.string { pairs = [(Node(word), Node(name))] }
        let old = pairs.first { $0.0.string == first }?.1
        pairs.removeAll { $0.0.string == first }
        // `weights: twn` is short for `weights: {model: twn}`.
        let inner = replacing(
            old ?? Node([(Node, Node)]()), keys.dropFirst(), with: value,
            word: word == nil ? RecipeKey.words[first] : nil)
        pairs.append((Node(first), inner))
        return Node(pairs)
    }
}
