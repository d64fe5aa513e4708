internal import Yams

/// A key of a recipe that has another value than in an earlier one.
package struct RecipeChange: Equatable, Sendable, CustomStringConvertible {
    /// The key with its section: `training.seed`.
    package var key: String
    /// The earlier value, as a recipe file has it; `nil` where the key was not there.
    package var old: String?
    /// The value now.
    package var new: String?

    /// Whether a run may go on with it: length, threads, checkpoints and watchdog do not decide
    /// what a step computes.
    package var isAllowed: Bool {
        ["training.epochs", "training.steps", "training.maxMinutes", "training.threads"]
            .contains(key) || key.hasPrefix("checkpoint.") || key.hasPrefix("watchdog.")
    }

    /// A key of the schedule; a run may resume with another value if only later epochs differ.
    var isOfSchedule: Bool { key.hasPrefix("schedule.") }

    /// `training.seed: 1 -> 7`
    package var description: String { "\(key): \(old ?? "none") -> \(new ?? "none")" }

    /// What takes it back: `--set training.seed=1`
    var remedy: String {
        let value = old ?? "null"
        return "--set \(value.contains(" ") ? "'\(key)=\(value)'" : "\(key)=\(value)")"
    }
}

extension Recipe {
    /// The keys whose values are not those of an earlier recipe, in the order of the file.
    package func changes(from old: Recipe) -> [RecipeChange] {
        let (before, now) = (old.values, values)
        var changes: [RecipeChange] = []
        for (key, value) in before {
            let new = now.first { $0.key == key }?.value
            if new != value { changes.append(RecipeChange(key: key, old: value, new: new)) }
        }
        for (key, value) in now where !before.contains(where: { $0.key == key }) {
            changes.append(RecipeChange(key: key, old: nil, new: value))
        }
        return changes
    }

    /// Every key with its section, and its value.
    private var values: [(key: String, value: String)] {
        guard let root = try? Yams.compose(yaml: yaml) else { return [] }
        return Self.flatten(root, key: "")
    }

    private static func flatten(_ node: Node, key: String) -> [(key: String, value: String)] {
        if let mapping = node.mapping {
            return mapping.flatMap { name, value in
                flatten(value, key: (key.isEmpty ? "" : "\(key).") + (name.string ?? "?"))
            }
        }
        if let items = node.sequence {
            let texts = items.map { $0.string ?? "?" }
            return [(key, "[\(texts.joined(separator: ", "))]")]
        }
        // One word is short for a section.
        let long = ["weights": "weights.model", "network": "network.name"][key] ?? key
        return [(long, node.string ?? "?")]
    }
}
