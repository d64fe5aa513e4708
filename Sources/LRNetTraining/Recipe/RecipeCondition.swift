internal import LRNetLayers

/// A condition for the recipes that have a key, or in which it has an effect.
struct RecipeCondition: Sendable {
    /// The condition in words, for `Only for ...`: `the optimizer sgd`.
    let text: String
    let holds: @Sendable (Recipe) -> Bool

    private init(_ text: String, _ holds: @escaping @Sendable (Recipe) -> Bool) {
        self.text = text
        self.holds = holds
    }

    /// Returns the condition for recipes whose method has a constant.
    static func methods(with constant: MethodConstant) -> RecipeCondition {
        let methods = TrainingMethod.allCases.filter { $0.constants.contains(constant) }
        let names = methods.map(\.rawValue)
        let text = names.count == 1 ? "the method " : "the methods "
        return Self(text + names.joined(separator: " and ")) {
            methods.contains($0.weights.model)
        }
    }

    static let logits = Self("methods with logits") { $0.weights.model.hasLogits }
    static let adam = Self("the optimizer adam") { $0.optimizer.name == .adam }
    static let sgd = Self("the optimizer sgd") { $0.optimizer.name == .sgd }
    static let steps = Self("schedule.shape: step") { $0.schedule.shape == .step }
    static let annealing = Self("a schedule.annealing other than 1") { $0.schedule.annealing != 1 }
    static let usesLength = Self("schedule.shape: cosine, or a schedule.annealing other than 1") {
        $0.schedule.shape == .cosine || annealing.holds($0) && logits.holds($0)
    }
    static let blocks = Self("data.shuffle: block") { $0.data.shuffle == .block }
}
