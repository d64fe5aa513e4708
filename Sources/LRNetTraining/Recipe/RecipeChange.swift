/// A key of a recipe that has another value than in an earlier one.
package struct RecipeChange: Equatable, Sendable, CustomStringConvertible {
    /// The key with its section: `training.seed`.
    package var key: String
    /// The earlier value, as a recipe file has it; `nil` where nothing was set.
    package var old: String?
    /// The value now.
    package var new: String?

    /// Whether a run may be resumed with it: the key does not decide what a step computes.
    package var isAllowed: Bool

    /// A key of the schedule; a run may resume with another value if only later epochs differ.
    var isOfSchedule: Bool { RecipeKey.named(key)?.effect == .laterResults }

    /// `training.seed: 1 -> 7`
    package var description: String { "\(key): \(old ?? "none") -> \(new ?? "none")" }

    /// What takes it back: `--set training.seed=1`
    package var remedy: String {
        let setting = "\(key)=\(old ?? "null")"
        let isPlain = setting.allSatisfy { $0.isLetter || $0.isNumber || "=._-+/".contains($0) }
        return "--set \(isPlain ? setting : "'\(setting)'")"
    }
}

extension Recipe {
    /// The keys whose values are not those of an earlier recipe, in the order of the table.
    ///
    /// A key that only one of them has comes with another method or optimizer, which is listed.
    package func changes(from old: Recipe) -> [RecipeChange] {
        RecipeKey.all.compactMap { key in
            guard key.belongs(to: self) && key.belongs(to: old),
                key.decides(in: self) || key.decides(in: old), key.text(self) != key.text(old)
            else { return nil }
            return RecipeChange(
                key: key.path, old: key.words(old), new: key.words(self),
                isAllowed: !key.changesResults(in: self) && !key.changesResults(in: old))
        }
    }
}

extension RecipeKey {
    /// The value for people: without quotation marks; `nil` where nothing is set.
    fileprivate func words(_ recipe: Recipe) -> String? {
        let text = text(recipe)
        guard text != "null" else { return nil }
        return text.hasPrefix("\"") ? String(text.dropFirst().dropLast()) : text
    }
}
