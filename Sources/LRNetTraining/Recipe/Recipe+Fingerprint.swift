internal import LRNetSupport

extension Recipe {
    /// A hash of all keys that determine a run's results. It excludes length, threads, memory,
    /// checkpoints and watchdog.
    ///
    /// A folder contains one run. A recipe with the same fingerprint resumes it, and may lengthen
    /// it.
    package var fingerprint: String { ContentHash.of(fingerprintedText) }

    /// The text that ``fingerprint`` is a hash of.
    ///
    /// Checkpoints contain the hash, so the text of a recipe stays as the first version wrote it. A
    /// key that does not change the results has a fixed value, and a key of a later version appears
    /// only if its value differs from the default.
    private var fingerprintedText: String {
        var text = ""
        for (section, keys) in RecipeKey.groups {
            var entries: [(name: String, text: String)] = []
            for key in keys where key.belongs(to: self) {
                let isDeciding = key.changesResults(in: self) && key.decides(in: self)
                let value = key.text(isDeciding ? self : Self.neutral)
                if key.mark == .always || value != key.text(Recipe()) {
                    entries.append((key.name, value))
                }
            }
            text += Self.lines(section, entries)
        }
        return text
    }

    /// The fixed values of keys that do not change the results.
    private static let neutral: Recipe = {
        var recipe = Recipe()
        recipe.training.epochs = 1
        return recipe
    }()

    private static func lines(
        _ section: String, _ entries: [(name: String, text: String)]
    ) -> String {
        guard let first = entries.first else { return "" }
        let all = entries.map { "\($0.name): \($0.text)" }
        switch section {
        case "": return "\(all[0])\n"
        case "weights":
            let value = all.count == 1 ? first.text : "{\(all.joined(separator: ", "))}"
            return "weights: \(value)\n"
        case "network" where hasOnlyName(entries): return "network: \(first.text)\n"
        default: return "\(section):\n" + all.map { "  \($0)\n" }.joined()
        }
    }

    /// Returns true if all entries except the network's name have their default values.
    private static func hasOnlyName(_ entries: [(name: String, text: String)]) -> Bool {
        entries.dropFirst().allSatisfy { name, text in
            RecipeKey.named("network.\(name)")?.text(Recipe()) == text
        }
    }
}
