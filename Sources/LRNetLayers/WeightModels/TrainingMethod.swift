/// A training method: its name in recipes, its description in the documentation, its constants and
/// its model.
///
/// A method is declared in the file of its model and listed in ``allCases``.
package struct TrainingMethod: RawRepresentable, CaseIterable, Sendable {
    /// All methods, in the order of the documentation and of comparisons.
    package static let allCases: [TrainingMethod] = [
        fullPrecision, binary, ternary, binaryConnect, binaryConnectStochastic, bnn, bwn, xnor, twn,
        ttq, gumbelBinary, gumbelTernary, logDerivative, ebp,
    ]

    /// The name in recipes.
    package let rawValue: String

    package let publication: String

    /// The weights of a training step, in a few words.
    package let summary: String

    /// The gradient of the learned tensors, in a few words.
    package let gradient: String

    /// The weights of a finished network, in a few words.
    package let result: String

    package let constants: [MethodConstant]

    private let architectureProblem: @Sendable (Architecture) -> String?
    private let makeModel: @Sendable (MethodConstants) -> any WeightModel

    /// Declares a method.
    ///
    /// - Parameters:
    ///   - problem: Returns the reason why a network is not suitable for the method, apart from its
    ///     activations; `nil` if it is.
    ///   - makeModel: Creates the model with the given constants.
    init(
        _ name: String, publication: String, summary: String, gradient: String, result: String,
        constants: [MethodConstant] = [],
        problem: @escaping @Sendable (Architecture) -> String? = { _ in nil },
        makeModel: @escaping @Sendable (MethodConstants) -> any WeightModel
    ) {
        rawValue = name
        self.publication = publication
        self.summary = summary
        self.gradient = gradient
        self.result = result
        self.constants = constants
        architectureProblem = problem
        self.makeModel = makeModel
    }

    /// Creates the method with a name from a recipe; `nil` if there is none.
    package init?(rawValue: String) {
        guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else {
            return nil
        }
        self = known
    }

    package func model(_ constants: MethodConstants = MethodConstants()) -> any WeightModel {
        makeModel(constants)
    }

    /// True if the weights have distributions with logits.
    package var hasLogits: Bool {
        model().latents(for: WeightShape(window: 1, inputs: 1, outputs: 1))
            .contains { $0.role == .logit }
    }

    /// Returns the reason why the method cannot train a network, with a remedy, on one line; `nil`
    /// if it can.
    package func problem(with architecture: Architecture) -> String? {
        model().activations.problem(with: architecture, method: rawValue)
            ?? architectureProblem(architecture)
    }
}

extension TrainingMethod: Hashable {
    package static func == (a: TrainingMethod, b: TrainingMethod) -> Bool {
        a.rawValue == b.rawValue
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
