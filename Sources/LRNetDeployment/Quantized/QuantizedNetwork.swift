internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetTraining

/// A deployed network with quantized weights and 8-bit activations whose units are powers of two,
/// as FPGA compilers require them. Batch norm and the last layer remain real.
///
/// Inputs of discrete products are multiples of a power of two, so their sums are exact.
package struct QuantizedNetwork: Sendable {
    /// The network with the quantized weights. The scales of rounded weights are in its affine
    /// maps.
    package let network: DeployedNetwork
    /// The rules for weights by the name of the product; none for a last layer of real weights.
    package let weights: [String: Quantizer]
    /// The rules for activations by the name of the affine map, mean or residual block, and by
    /// `Calibration.inputName` for images.
    package let activations: [String: Quantizer]

    /// Quantizes a network.
    ///
    /// - Throws: `Failure` (78) naming a layer whose weights are real, unless it is the first or
    ///   the last one.
    package init(_ network: DeployedNetwork, calibration: Calibration) throws {
        let steps = network.steps
        guard steps.count >= 2, case .affine = steps[steps.count - 1],
            case .product(let last) = steps[steps.count - 2]
        else { throw Self.refusal("output", "the last layer is not a product") }
        var rounding = WeightRounding(
            first: network.products.first?.name ?? "", last: last.name)
        self.network = DeployedNetwork(
            steps: try rounding.steps(steps), description: network.description,
            method: network.method, source: network.source)
        weights = rounding.rules
        let input = Self.input(network, calibration)
        var choice = ActivationRules(calibration, input: input)
        choice.add(Array(steps.dropLast(2)))
        activations = choice.rules
    }

    static func refusal(_ name: String, _ reason: String) -> Failure {
        FailureSite("qonnx", name).badRecipe(
            "\(reason), which qonnx does not support; packed and float-onnx do")
    }

    private static func input(_ network: DeployedNetwork, _ calibration: Calibration) -> Quantizer {
        let (unsigned, signed) = Quantizer.activationSteps
        switch network.description.preprocessing.scaling {
        case .unit: return .activations(unit: 1 / unsigned, isSigned: false)
        case .image:
            let units = ActivationUnits(calibration, steps: unsigned, signedSteps: signed)
            return .activations(
                unit: units.unit(Calibration.inputName, isSigned: true), isSigned: true)
        case .channels(let mean, let deviation):
            let low = zip(mean, deviation).map { -$0 / $1 }.min() ?? 0
            let high = zip(mean, deviation).map { (1 - $0) / $1 }.max() ?? 1
            return low < 0
                ? .activations(unit: max(-low, high) / signed, isSigned: true)
                : .activations(unit: high / unsigned, isSigned: false)
        }
    }

    /// The engine that computes the values of the exported file.
    package func engine(_ weights: FloatEngine.Weights) -> FloatEngine {
        FloatEngine(network, weights: weights, quantizers: activations)
    }
}
