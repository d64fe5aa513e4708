/// The training methods, by their names in recipes.
public enum WeightModelName: String, Sendable, CaseIterable {
    /// ``FullPrecisionModel``
    case fullPrecision = "full-precision"
    /// ``BinaryModel``
    case binary
    /// ``TernaryModel``
    case ternary
    /// ``ThresholdModel``
    case twn
    /// ``GumbelModel`` with two levels
    case gumbelBinary = "gumbel-binary"
    /// ``GumbelModel`` with three levels
    case gumbelTernary = "gumbel-ternary"

    /// Whether weights have distributions with logits.
    public var hasLogits: Bool {
        model().latents(for: WeightShape(window: 1, inputs: 1, outputs: 1))
            .contains { $0.role == .logit }
    }

    /// The method.
    ///
    /// - Parameter temperature: For Gumbel-softmax; positive.
    public func model(temperature: Float = 0.1) -> any WeightModel {
        switch self {
        case .fullPrecision: FullPrecisionModel()
        case .binary: BinaryModel()
        case .ternary: TernaryModel()
        case .twn: ThresholdModel()
        case .gumbelBinary: GumbelModel(levels: .binary, temperature: temperature)
        case .gumbelTernary: GumbelModel(levels: .ternary, temperature: temperature)
        }
    }
}
