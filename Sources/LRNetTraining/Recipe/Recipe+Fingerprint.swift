internal import LRNetSupport

extension Recipe {
    /// A hash of what decides a run's numbers: all but its length, threads, memory,
    /// checkpoints and watchdog.
    ///
    /// A folder holds one run; a recipe with the same fingerprint continues it, further if it says
    /// so.
    package var fingerprint: String { ContentHash.of(fingerprintedText) }

    /// What ``fingerprint`` is a hash of.
    ///
    /// Checkpoints have the hash, so the text of a recipe stays as the first version wrote it: a key that
    /// decides nothing has one fixed value, and a later key is there only with another value than its
    /// default.
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

    /// The values of keys that decide nothing.
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
        case "network" where isUsual(entries): return "network: \(first.text)\n"
        default: return "\(section):\n" + all.map { "  \($0)\n" }.joined()
        }
    }

    /// Nothing but the network's name is said.
    private static func isUsual(_ entries: [(name: String, text: String)]) -> Bool {
        entries.dropFirst().allSatisfy { name, text in
            RecipeKey.named("network.\(name)")?.text(Recipe()) == text
        }
    }
}
