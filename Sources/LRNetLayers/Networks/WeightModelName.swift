/// The training methods, by their names in recipes.
public enum WeightModelName: String, Sendable, CaseIterable {
    /// ``FullPrecisionModel``
    case fullPrecision = "full-precision"
    /// ``BinaryModel``
    case binary
    /// ``TernaryModel``
    case ternary
    /// ``BinaryConnectModel`` with signs
    case binaryConnect = "binary-connect"
    /// ``BinaryConnectModel`` with draws
    case binaryConnectStochastic = "binary-connect-stochastic"
    /// ``BinaryConnectModel`` with binary activations
    case bnn
    /// ``FilterScaleModel``
    case bwn
    /// ``FilterScaleModel`` with binary activations
    case xnor
    /// ``ThresholdModel``
    case twn
    /// ``TrainedTernaryModel``
    case ttq
    /// ``GumbelModel`` with two levels
    case gumbelBinary = "gumbel-binary"
    /// ``GumbelModel`` with three levels
    case gumbelTernary = "gumbel-ternary"
    /// ``LogDerivativeModel``
    case logDerivative = "log-derivative"
    /// ``ExpectationModel``
    case ebp

    /// The constants of methods that have some.
    public struct Options: Sendable, Equatable {
        /// The temperature of Gumbel-softmax; positive.
        public var temperature = 0.1
        /// The draws of the log-derivative trick in a step; at least 2.
        public var draws = 4
        /// The weights of the log-derivative trick.
        public var distribution = DiscreteDistribution.ternary
        /// TTQ's threshold as a share of the largest magnitude; in 0 ..< 1.
        public var threshold = 0.05

        /// Creates the publications' constants.
        public init() {}
    }

    /// Whether weights have distributions with logits.
    public var hasLogits: Bool {
        model().latents(for: WeightShape(window: 1, inputs: 1, outputs: 1))
            .contains { $0.role == .logit }
    }

    /// The method.
    public func model(_ options: Options = Options()) -> any WeightModel {
        switch self {
        case .fullPrecision: FullPrecisionModel()
        case .binary: BinaryModel()
        case .ternary: TernaryModel()
        case .binaryConnect: BinaryConnectModel(.deterministic)
        case .binaryConnectStochastic: BinaryConnectModel(.stochastic)
        case .bnn: BinaryConnectModel(.binaryActivations)
        case .bwn: FilterScaleModel()
        case .xnor: FilterScaleModel(hasBinaryActivations: true)
        case .twn: ThresholdModel()
        case .ttq: TrainedTernaryModel(thresholdFactor: Float(options.threshold))
        case .gumbelBinary: GumbelModel(.binary, temperature: Float(options.temperature))
        case .gumbelTernary: GumbelModel(.ternary, temperature: Float(options.temperature))
        case .logDerivative: LogDerivativeModel(options.distribution, draws: options.draws)
        case .ebp: ExpectationModel()
        }
    }

    /// Why a network cannot be trained by the method, and what to do, in one line; `nil` if it can.
    public func problem(with architecture: Architecture) -> String? {
        let name = architecture.name
        let style = model().activations
        let wantsRealFirstLayer = ", write network: {name: \(name), firstLayer: full-precision}"
        let isReal = architecture.firstLayer == .fullPrecision
        if style == .expectedSign {
            let other = architecture.blocks.first { if case .linear = $0 { false } else { true } }
            if let other {
                return "\(rawValue) trains fully connected layers alone, and network \(name) has "
                    + "\(other); list layers such as [600FC, 600FC]"
            }
            if architecture.lastLayer == .normalized {
                return "\(rawValue) has no batch norm, not even behind the last layer; write "
                    + "lastLayer: discrete"
            }
            if isReal { return "\(rawValue) has no real first layer; leave firstLayer out" }
        }
        if style != .rectified,
            let block = architecture.blocks.first(where: {
                if case .residual = $0 { true } else { false }
            })
        {
            return "\(rawValue) has binary activations, which residual blocks such as \(block) of "
                + "network \(name) do not go with; choose another network or bwn"
        }
        if self == .xnor && !isReal {
            return "xnor would take the signs of the images" + wantsRealFirstLayer
        }
        if self == .bwn && !isReal && architecture.firstInputCount == 1 {
            return "bwn centres weights over input channels, and images have one"
                + wantsRealFirstLayer
        }
        return nil
    }
}
