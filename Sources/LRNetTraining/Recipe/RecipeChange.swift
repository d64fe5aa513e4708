/// A key of a recipe whose value differs from an earlier recipe's.
package struct RecipeChange: Equatable, Sendable, CustomStringConvertible {
    /// The key with its section: `training.seed`.
    package var key: String
    /// The earlier value, as in a recipe file; `nil` if it was not set.
    package var old: String?
    /// The new value; `nil` if it is not set.
    package var new: String?

    /// True if a run may be resumed with the change, because the key does not change the results.
    package var isAllowed: Bool

    /// True for a key of the schedule. A run may be resumed with such a change if only later epochs
    /// differ.
    var isOfSchedule: Bool { RecipeKey.named(key)?.effect == .laterResults }

    /// The change in words: `training.seed: 1 -> 7`.
    package var description: String { "\(key): \(old ?? "none") -> \(new ?? "none")" }

    /// The option that undoes the change: `--set training.seed=1`.
    package var remedy: String {
        let setting = "\(key)=\(old ?? "null")"
        let isPlain = setting.allSatisfy { $0.isLetter || $0.isNumber || "=._-+/".contains($0) }
        return "--set \(isPlain ? setting : "'\(setting)'")"
    }
}

extension Recipe {
    /// Returns the keys whose values differ from an earlier recipe's, in the order of the table.
    ///
    /// It omits keys that only one of the two recipes has; the method or optimizer that caused the
    /// difference is listed instead.
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
    /// Returns the value for messages, without quotation marks; `nil` if it is not set.
    fileprivate func words(_ recipe: Recipe) -> String? {
        let text = text(recipe)
        guard text != "null" else { return nil }
        return text.hasPrefix("\"") ? String(text.dropFirst().dropLast()) : text
    }
}
