internal import LRNetKernels

/// Rounds real weights of the first layer, and weights with two scales, to 8 bits.
struct WeightRounding {
    private let first, last: String
    /// The rules of the weights by the name of the product.
    private(set) var rules: [String: Quantizer] = [:]

    /// - Parameter first: The name of the first product; its weights may be real, as those of the
    ///   last one.
    init(first: String, last: String) {
        self.first = first
        self.last = last
    }

    /// Returns the steps with rounded weights.
    ///
    /// The scale of each output's weights moves to the next affine map. It is positive, so maximum
    /// pooling between them does not matter.
    ///
    /// - Throws: `Failure` (78) for real weights of other layers.
    mutating func steps(_ steps: [DeployedStep]) throws -> [DeployedStep] {
        var result: [DeployedStep] = []
        var scales: [Double] = []
        for step in steps {
            switch step {
            case .product(let product):
                let (rounded, factors) = try self.rounded(product)
                scales = factors
                result.append(.product(rounded))
            case .affine(var affine):
                for (channel, scale) in scales.enumerated() {
                    affine.scale[channel] = Float(Double(affine.scale[channel]) * scale)
                }
                scales = []
                result.append(.affine(affine))
            case .maxPool, .averagePool: result.append(step)
            case .residual(let block):
                var shortcut = block.shortcut
                if case .projection(let steps) = shortcut {
                    shortcut = .projection(try self.steps(steps))
                }
                result.append(
                    .residual(
                        DeployedResidual(
                            name: block.name, body: try self.steps(block.body), shortcut: shortcut))
                )
            }
        }
        return result
    }

    /// Returns a product with quantized weights, and the scale of each output; no scales if all
    /// are 1.
    private mutating func rounded(
        _ product: DeployedProduct
    ) throws -> (DeployedProduct, [Double]) {
        let isReal = !product.weights.isDiscrete
        if isReal, product.name == last { return (product, []) }
        if isReal, product.name != first {
            throw QuantizedNetwork.refusal(product.name, "weights are real")
        }
        if !isReal, product.weights.negativeFactor.isEmpty {
            if case .signs = product.weights.values {
                rules[product.name] = .signs
            } else {
                rules[product.name] = .trits
            }
            return (product, [])
        }
        rules[product.name] = .rounded
        let largest = 127.0
        let integers = IntegerWeights(product, inputReach: 1, largest: largest) { _ in 1 }
        let unit = Quantizer.rounded.unit
        var result = product
        result.weights = DeployedWeights(
            values: .reals(integers.values.map { Float($0) * unit }), negativeFactor: [])
        return (result, integers.steps.map { $0 / Double(unit) })
    }
}
