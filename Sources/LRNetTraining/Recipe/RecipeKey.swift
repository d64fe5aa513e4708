/// A key of a recipe: its form, its effect and its meaning.
///
/// The table ``all`` is used to read and write recipes, to compute fingerprints, to determine the
/// keys that may change when a run is resumed, and to print the reference page.
package struct RecipeKey: Sendable {
    /// The effect of a different value.
    package enum Effect: Sendable {
        /// Changes the results, so a run cannot be resumed with a different value.
        case results
        /// Changes the results epoch by epoch, so a run can be resumed with a value that changes
        /// only later epochs.
        case laterResults
        /// Changes the length of the run.
        case length
        /// Changes memory or time.
        case resources
        /// Changes the records or the watchdog.
        case records
    }

    /// The presence of a key in the text of a fingerprint.
    enum Mark {
        /// Always present: keys of the first version.
        case always
        /// Present if the value differs from the default: keys of later versions, so that earlier
        /// fingerprints stay valid.
        case ifChanged
    }

    /// The key with its section: `training.seed`.
    package let path: String

    /// The type of the value in words: `whole number`.
    package let type: String

    /// The bounds of the value in words: `at least 1`; may be empty.
    package let bounds: String

    /// The effect of a different value.
    package let effect: Effect

    /// The meaning: one or more sentences for the reference page.
    package let about: String

    /// The default value as it would be written; `nil` if ``fallback`` describes it.
    package let defaultValue: String?

    /// The default value in words.
    package let fallback: String?

    /// The recipes that have the key; `nil` for all.
    let owner: RecipeCondition?

    /// Of the recipes that have the key, those in which it has an effect; `nil` for all.
    let user: RecipeCondition?

    /// The recipes in which the key changes the results although its ``effect`` is another one.
    let resultsOwner: RecipeCondition?

    let mark: Mark

    /// Derives the value from other keys if a recipe omits this key.
    let derive: (@Sendable (inout Recipe) -> Void)?

    let read: @Sendable (_ section: RecipeSection, _ recipe: inout Recipe) throws -> Void

    /// Returns the text after `key: `; `null` if no value is set.
    let text: @Sendable (Recipe) -> String

    /// Creates a row of the table.
    ///
    /// - Parameters:
    ///   - form: The form of the value.
    ///   - effect: The effect of a different value.
    ///   - mark: The presence in the text of a fingerprint.
    ///   - owner: The recipes that have the key, if not all.
    ///   - user: The recipes in which the key has an effect, if not all that have it.
    ///   - resultsOwner: The recipes in which the key changes the results although `effect` is
    ///     another one.
    ///   - fallback: The default in words, if the property's value does not show it.
    ///   - derive: Derives the value from other keys if a recipe omits this key.
    ///   - about: The meaning.
    init<Value: Sendable>(
        _ path: String, _ property: WritableKeyPath<Recipe, Value> & Sendable,
        _ form: RecipeForm<Value>, _ effect: Effect, _ mark: Mark, of owner: RecipeCondition? = nil,
        with user: RecipeCondition? = nil, default fallback: String? = nil,
        results resultsOwner: RecipeCondition? = nil,
        derive: (@Sendable (inout Recipe) -> Void)? = nil, about: String
    ) {
        self.path = path
        type = form.type
        bounds = form.bounds
        self.effect = effect
        self.about = about
        defaultValue = fallback == nil ? form.text(Recipe()[keyPath: property]) : nil
        self.fallback = fallback
        self.owner = owner
        self.user = user
        self.resultsOwner = resultsOwner
        self.mark = mark
        self.derive = derive
        let name = Self.parts(path).name
        read = { try form.read($0, name, &$1[keyPath: property]) }
        text = { form.text($0[keyPath: property]) }
    }

    /// The key's section; empty for a key without one.
    var section: String { Self.parts(path).section }

    /// The name within the section.
    var name: String { Self.parts(path).name }

    private static func parts(_ path: String) -> (section: String, name: String) {
        guard let dot = path.firstIndex(of: ".") else { return ("", path) }
        return (String(path[..<dot]), String(path[path.index(after: dot)...]))
    }

    /// Returns true if the recipe has the key.
    func belongs(to recipe: Recipe) -> Bool { owner?.holds(recipe) ?? true }

    /// Returns true if the recipe has the key and the key has an effect in it.
    func decides(in recipe: Recipe) -> Bool {
        belongs(to: recipe) && user?.holds(recipe) ?? true
    }
}

extension RecipeKey {
    /// Returns true if a different value changes the results of the recipe's run.
    package func changesResults(in recipe: Recipe) -> Bool {
        effect == .results || effect == .laterResults || resultsOwner?.holds(recipe) ?? false
    }

    /// Returns the key with a path.
    package static func named(_ path: String) -> RecipeKey? { all.first { $0.path == path } }

    /// The sections that may be written as one word, and the key whose value the word is.
    static let words = ["network": "name", "weights": "model"]

    /// The keys by section, in the order of the table. Each key without a section is its own group.
    static let groups: [(section: String, keys: [RecipeKey])] = all.reduce(into: []) {
        groups, key in
        if !key.section.isEmpty, groups.last?.section == key.section {
            groups[groups.count - 1].keys.append(key)
        } else {
            groups.append((key.section, [key]))
        }
    }
}
