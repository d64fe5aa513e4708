internal import LRNetKernels

/// Chooses the rules of a network's 8-bit activations.
struct ActivationRules {
    private let units: ActivationUnits
    private let input: Quantizer
    /// The rules by the name of the affine map, mean or residual block, and of the input.
    private(set) var rules: [String: Quantizer]

    init(_ calibration: Calibration, input: Quantizer) {
        let (unsigned, signed) = Quantizer.activationSteps
        units = ActivationUnits(calibration, steps: unsigned, signedSteps: signed)
        self.input = input
        rules = [Calibration.inputName: input]
    }

    /// Adds the rules of all steps before the last layer.
    mutating func add(_ steps: [DeployedStep]) {
        let shared = units.shared(steps)
        var stream = input
        for (index, step) in steps.enumerated() {
            switch step {
            case .product, .maxPool: break
            case .affine(let affine):
                stream = rule(affine, unit: shared[affine.name])
                rules[affine.name] = stream
            case .averagePool(let name, _):
                // The last layer is real, so its input needs no steps.
                if index == steps.count - 1 { break }
                stream = mean(of: stream)
                rules[name] = stream
            case .residual(let block):
                guard let unit = shared[block.name] else {
                    preconditionFailure("\(block.name) has no unit")
                }
                stream = .activations(unit: unit, isSigned: false)
                rules[block.name] = stream
                add(block, unit: unit)
            }
        }
    }

    /// Returns the rule of an affine map's results.
    ///
    /// - Parameter unit: The unit if there are no negative values; `nil` for a unit of its own.
    private func rule(_ affine: DeployedAffine, unit: Double? = nil) -> Quantizer {
        switch affine.activation {
        case .sign: .signs
        case .rectified: .activations(unit: unit ?? units.unit(affine.name), isSigned: false)
        case .none: .activations(unit: units.unit(affine.name, isSigned: true), isSigned: true)
        }
    }

    /// A mean has the unit of its input, except that a mean of signs has 128 steps on either side.
    private func mean(of stream: Quantizer) -> Quantizer {
        switch stream {
        case .signs: .activations(unit: 1 / Quantizer.activationSteps.signed, isSigned: true)
        case .steps: stream
        }
    }

    /// Adds the rules inside a block. Both terms of its sum have its unit.
    private mutating func add(_ block: DeployedResidual, unit: Double) {
        var branches = [block.body]
        if case .projection(let steps) = block.shortcut { branches.append(steps) }
        for branch in branches {
            for (index, step) in branch.enumerated() {
                guard case .affine(let affine) = step else { continue }
                rules[affine.name] =
                    index == branch.count - 1
                    ? .activations(unit: unit, isSigned: true) : rule(affine)
            }
        }
    }
}
