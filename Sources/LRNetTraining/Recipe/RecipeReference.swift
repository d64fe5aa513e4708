internal import LRNetSupport

/// The documentation of recipe keys.
package enum RecipeReference {
    /// Returns the documentation of some keys or sections, or of all if `names` is empty.
    ///
    /// - Throws: `Failure` (64) for an unknown name, with the nearest known one.
    package static func explanation(of names: [String]) throws -> String {
        let keys = names.isEmpty ? RecipeKey.all : try names.flatMap(keys)
        return keys.map { key in
            """
            \(key.path)
              \(wrapped(key.about))
              type     \(range(of: key))
              default  \(key.defaultValue ?? key.fallback ?? "")
              effect   \(effect(of: key))

            """ + (condition(of: key).map { "  \($0)\n" } ?? "")
        }.joined(separator: "\n")
    }

    private static func keys(_ name: String) throws -> [RecipeKey] {
        if let key = RecipeKey.named(name) { return [key] }
        let section = RecipeKey.all.filter { $0.section == name }
        guard section.isEmpty else { return section }
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        let first = parts.first ?? ""
        let inner = RecipeKey.all.filter { $0.section == first }.map(\.name)
        let hint =
            parts.count == 2 && !inner.isEmpty
            ? RecipeHint.text(for: parts[1], in: "\(first).", known: inner)
            : RecipeHint.text(for: name, in: "", known: topLevel)
        throw Failure(
            call: "recipe", subject: name, message: "unknown key; \(hint)", exitStatus: .usage)
    }

    /// The sections, and the keys without a section.
    private static let topLevel = RecipeKey.groups.map {
        $0.section.isEmpty ? $0.keys[0].path : $0.section
    }

    /// The page with all keys, in Markdown.
    package static var page: String {
        var text = """
            # Recipe keys

            A recipe is a YAML file with these keys. `network` is required; omitted keys have their default
            values. `lrnet-dist train RECIPE --print-recipe` prints a recipe with every key, and
            `--set section.key=value` changes one. `lrnet-dist recipe --reference` prints this page.

            The last column says what a different value changes. When a run is resumed, every key may have a
            new value except the keys that change the results.

            """
        for (section, keys) in RecipeKey.groups where !section.isEmpty {
            text += "\n## \(section)\n\n\(head)" + keys.map(row).joined()
        }
        let others = RecipeKey.all.filter { $0.section.isEmpty }
        return text + "\n## Keys without a section\n\n\(head)" + others.map(row).joined()
    }

    private static let head = """
        | key | meaning | type | default | changes |
        |---|---|---|---|---|

        """

    private static func row(_ key: RecipeKey) -> String {
        let about = [key.about, condition(of: key)].compactMap { $0 }.joined(separator: " ")
        let cells = [
            "`\(key.path)`", about, range(of: key),
            key.defaultValue.map { "`\($0)`" } ?? key.fallback ?? "", changes(key),
        ]
        return "| "
            + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }

    private static func range(of key: RecipeKey) -> String {
        key.bounds.isEmpty ? key.type : "\(key.type), \(key.bounds)"
    }

    private static func condition(of key: RecipeKey) -> String? {
        let conditions = [
            key.owner.map { "Only for \($0.text)." }, key.user.map { "Only used with \($0.text)." },
        ].compactMap { $0 }
        return conditions.isEmpty ? nil : conditions.joined(separator: " ")
    }

    private static func changes(_ key: RecipeKey) -> String {
        let results = key.resultsOwner.map { "; also the results with \($0.text)" } ?? ""
        return changes(key.effect) + results
    }

    private static func changes(_ effect: RecipeKey.Effect) -> String {
        switch effect {
        case .results: "the results"
        case .laterResults: "the results of later epochs"
        case .length: "the length"
        case .resources: "memory or time"
        case .records: "what is saved or watched"
        }
    }

    private static func effect(of key: RecipeKey) -> String {
        let resume =
            switch key.effect {
            case .results: "a run cannot be resumed with another value"
            case .laterResults: "a resumed run may change it for later epochs"
            case .length, .resources, .records:
                key.resultsOwner == nil
                    ? "a run can be resumed with another value"
                    : "otherwise a run can be resumed with another value"
            }
        return "changes \(changes(key)); \(resume)"
    }

    /// Wraps a text to lines of at most 78 characters, with an indentation of two spaces.
    private static func wrapped(_ text: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            let line = lines[lines.count - 1]
            if line.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if line.count + word.count + 1 <= 76 {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines.joined(separator: "\n  ")
    }
}
