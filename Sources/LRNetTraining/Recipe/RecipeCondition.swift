internal import LRNetLayers

/// Which recipes have a key, or let it decide something.
struct RecipeCondition: Sendable {
    /// For `Only for ...`: `the optimizer sgd`
    let text: String
    let holds: @Sendable (Recipe) -> Bool

    private init(_ text: String, _ holds: @escaping @Sendable (Recipe) -> Bool) {
        self.text = text
        self.holds = holds
    }

    static let gumbel = Self("the methods gumbel-binary and gumbel-ternary") {
        [.gumbelBinary, .gumbelTernary].contains($0.weights.model)
    }
    static let logDerivative = Self("the method log-derivative") {
        $0.weights.model == .logDerivative
    }
    static let ttq = Self("the method ttq") { $0.weights.model == .ttq }
    static let logits = Self("methods with logits") { $0.weights.model.hasLogits }
    static let adam = Self("the optimizer adam") { $0.optimizer.name == .adam }
    static let sgd = Self("the optimizer sgd") { $0.optimizer.name == .sgd }
    static let blocks = Self("data.shuffle: block") { $0.data.shuffle == .block }
}
