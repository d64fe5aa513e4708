/// A key of a recipe: what may be written there, what it decides, and what it means.
///
/// The table ``all`` is what recipes are read by and written from, what a fingerprint is made of, what
/// may change when a run is resumed, and what the reference page says.
package struct RecipeKey: Sendable {
    /// What another value changes.
    package enum Effect: Sendable {
        /// The numbers that a run computes: another value makes another run.
        case results
        /// The same, epoch by epoch: a resumed run may have another value that changes later epochs only.
        case laterResults
        /// When a run ends.
        case length
        /// Memory or time.
        case resources
        /// What is saved and watched.
        case records
    }

    /// Whether the text of a fingerprint has the key.
    enum Mark {
        /// Always: keys of the first version.
        case always
        /// With another value than the default: keys that came later, so that fingerprints of earlier
        /// versions stay.
        case ifChanged
    }

    /// The key with its section: `training.seed`.
    package let path: String

    /// What may be written: `whole number`.
    package let type: String

    /// Its bounds: `at least 1`; may be empty.
    package let bounds: String

    /// What another value changes.
    package let effect: Effect

    /// What it means.
    package let about: String

    /// What is used where a recipe does not say, as it would be written; `nil` where ``fallback`` tells.
    package let defaultValue: String?

    /// What is used where a recipe does not say, in words.
    package let fallback: String?

    /// Which recipes have the key; `nil` for all.
    let owner: RecipeCondition?

    /// Which of these recipes let it decide something; `nil` for all.
    let user: RecipeCondition?

    /// Which recipes compute other numbers with another value of a key whose ``effect`` is another one.
    let resultsOwner: RecipeCondition?

    let mark: Mark

    /// Sets what follows from other keys where a recipe leaves this one out.
    let derive: (@Sendable (inout Recipe) -> Void)?

    let read: @Sendable (_ section: RecipeSection, _ recipe: inout Recipe) throws -> Void

    /// The value as it follows `key: `; `null` where nothing is set.
    let text: @Sendable (Recipe) -> String

    /// A row of the table.
    ///
    /// - Parameters:
    ///   - form: How the value is written.
    ///   - effect: What another value changes.
    ///   - mark: Whether the fingerprint's text always has the key.
    ///   - owner: Which recipes have it, if not all.
    ///   - user: Which recipes let it decide something, if not all that have it.
    ///   - resultsOwner: Which recipes compute other numbers with another value, if `effect` is another one.
    ///   - fallback: What is used without it, where the default value does not say that.
    ///   - derive: Sets what follows from other keys where a recipe leaves this one out.
    ///   - about: What it means.
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

    /// The key's section, empty for a key without one, and its name there.
    var section: String { Self.parts(path).section }

    /// The name in its section.
    var name: String { Self.parts(path).name }

    private static func parts(_ path: String) -> (section: String, name: String) {
        guard let dot = path.firstIndex(of: ".") else { return ("", path) }
        return (String(path[..<dot]), String(path[path.index(after: dot)...]))
    }

    /// The recipe has the key.
    func belongs(to recipe: Recipe) -> Bool { owner?.holds(recipe) ?? true }

    /// The recipe has the key, and it decides something.
    func decides(in recipe: Recipe) -> Bool {
        belongs(to: recipe) && user?.holds(recipe) ?? true
    }
}

extension RecipeKey {
    /// Another value makes another run, or another end of a run.
    package func changesResults(in recipe: Recipe) -> Bool {
        effect == .results || effect == .laterResults || resultsOwner?.holds(recipe) ?? false
    }

    /// A key by its path.
    package static func named(_ path: String) -> RecipeKey? { all.first { $0.path == path } }

    /// Sections that may be one word, and the key that it then stands for.
    static let words = ["network": "name", "weights": "model"]

    /// Keys of one section after the other, in the order of the table; a key without a section is
    /// alone.
    static let groups: [(section: String, keys: [RecipeKey])] = all.reduce(into: []) {
        groups, key in
        if !key.section.isEmpty, groups.last?.section == key.section {
            groups[groups.count - 1].keys.append(key)
        } else {
            groups.append((key.section, [key]))
        }
    }
}
