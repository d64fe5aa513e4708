/// The units of activations, chosen from the largest magnitudes in a calibration.
struct ActivationUnits {
    private let calibration: Calibration
    /// The number of units in the largest value of a tensor without negative values.
    private let steps: Double
    /// The number of units on either side of 0 in a tensor with negative values.
    private let signedSteps: Double

    init(_ calibration: Calibration, steps: Double, signedSteps: Double) {
        self.calibration = calibration
        self.steps = steps
        self.signedSteps = signedSteps
    }

    /// Returns the unit of a tensor on its own.
    func unit(_ name: String, isSigned: Bool = false) -> Double {
        let largest = Double(calibration.maxima[name] ?? 0)
        return (largest > 0 ? largest : 1) / (isSigned ? signedSteps : steps)
    }

    /// Returns the units of activations by the names of affine maps and residual blocks.
    ///
    /// A block whose shortcut is the identity or a subsampling has the unit of its input, so all
    /// blocks that are connected this way share one unit.
    func shared(_ steps: [DeployedStep]) -> [String: Double] {
        var result: [String: Double] = [:]
        var group: [String] = []
        var largest = 0.0
        func close() {
            for name in group { result[name] = largest }
            group = []
            largest = 0
        }
        for step in steps {
            switch step {
            case .product, .maxPool, .averagePool: continue
            case .affine(let affine):
                close()
                group = [affine.name]
                largest = unit(affine.name)
            case .residual(let block):
                if case .projection = block.shortcut { close() }
                group.append(block.name)
                largest = max(largest, unit(block))
            }
        }
        close()
        return result
    }

    /// Returns the unit that a block needs on its own, which is also that of its body and
    /// projection.
    private func unit(_ block: DeployedResidual) -> Double {
        var needed = unit(block.name)
        if case .affine(let last) = block.body.last {
            needed = max(needed, unit(last.name, isSigned: true))
        }
        if case .projection(let steps) = block.shortcut, case .affine(let last) = steps.last {
            needed = max(needed, unit(last.name, isSigned: true))
        }
        return needed
    }
}
