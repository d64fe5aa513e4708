/// A training method: its name in recipes, the documentation's words on it, its constants and its model.
///
/// A method is declared in the file of its model, and listed in ``allCases``.
package struct TrainingMethod: RawRepresentable, CaseIterable, Sendable {
    /// Every method, in the order of the documentation and of comparisons.
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

    private let ownProblem: @Sendable (Architecture) -> String?
    private let makeModel: @Sendable (MethodConstants) -> any WeightModel

    /// Declares a method.
    ///
    /// - Parameters:
    ///   - problem: Why a network does not go with the method, other than its activations.
    ///   - makeModel: Makes the model with given constants.
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
        ownProblem = problem
        self.makeModel = makeModel
    }

    /// The method of a name in recipes.
    package init?(rawValue: String) {
        guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else {
            return nil
        }
        self = known
    }

    /// The method's model.
    package func model(_ constants: MethodConstants = MethodConstants()) -> any WeightModel {
        makeModel(constants)
    }

    /// Whether weights have distributions with logits.
    package var hasLogits: Bool {
        model().latents(for: WeightShape(window: 1, inputs: 1, outputs: 1))
            .contains { $0.role == .logit }
    }

    /// Why a network cannot be trained by the method, and what to do, in one line; `nil` if it can.
    package func problem(with architecture: Architecture) -> String? {
        model().activations.problem(with: architecture, method: rawValue)
            ?? ownProblem(architecture)
    }
}

extension TrainingMethod: Hashable {
    /// Methods are equal if their names are.
    package static func == (a: TrainingMethod, b: TrainingMethod) -> Bool {
        a.rawValue == b.rawValue
    }

    /// Hashes the name.
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}
