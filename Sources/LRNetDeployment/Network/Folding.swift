internal import Foundation
internal import LRNetKernels
package import LRNetLayers
package import LRNetSupport

/// Converts the layers of a network into the steps of a deployed network.
package struct Folding {
    private let layers: [String: FinishedLayer]
    /// The number of values of an integer weight, or `nil` for real weights.
    private let levels: Int?
    private let site: FailureSite

    package init(layers: [FinishedLayer], levels: Int?, site: FailureSite) {
        self.layers = Dictionary(uniqueKeysWithValues: layers.map { ($0.name, $0) })
        self.levels = levels
        self.site = site
    }

    /// A product whose scales and bias are not yet folded into an affine map.
    private struct Pending {
        /// The index of the product in the steps so far.
        var position: Int
        /// The scales and biases, `[outputs]` each.
        var scale: [Double]
        var bias: [Double]
        /// Indicates that pooling follows the product, so the weights must no longer change sign.
        var isPooled = false
    }

    package mutating func steps(_ stages: [any Layer]) throws -> [DeployedStep] {
        var steps: [DeployedStep] = []
        var pending: Pending?
        for (index, layer) in stages.enumerated() {
            switch layer.inference {
            case .identity: break
            case .product(let layer):
                let (product, scale, bias) = try product(layer)
                pending = Pending(position: steps.count, scale: scale, bias: bias)
                steps.append(.product(product))
            case .normalization(let layer):
                let next = index + 1 < stages.count ? stages[index + 1].inference : nil
                try fold(layer, before: next, &steps, pending)
                pending = nil
            case .sign:
                // A preceding batch norm already includes the sign.
                try settle(&steps, &pending, .sign)
                guard case .affine(let affine) = steps.last, affine.activation == .sign else {
                    throw refusal(layer)
                }
            case .maxPool(let geometry):
                pending?.isPooled = true
                steps.append(.maxPool(name: layer.name, geometry))
            case .averagePool:
                try settle(&steps, &pending, .none)
                steps.append(.averagePool(name: layer.name, layer.inputShape))
            case .residual(let body, let shortcut):
                try settle(&steps, &pending, .none)
                steps.append(
                    .residual(
                        DeployedResidual(
                            name: layer.name, body: try self.steps(body),
                            shortcut: try self.shortcut(shortcut))))
            case .subsampling, nil:
                throw refusal(layer)
            }
        }
        try settle(&steps, &pending, .none)
        return steps
    }

    private func refusal(_ layer: any Layer) -> Failure {
        site.badData("\(layer.name): layers of this kind cannot be deployed")
    }

    // MARK: Products

    private func product(_ layer: WeightedLayer) throws -> (DeployedProduct, [Double], [Double]) {
        guard case .weights(let finished) = layers[layer.name] else {
            preconditionFailure("\(layer.name) has no weights")
        }
        let outputs = finished.shape.outputs
        let fanIn = finished.shape.fanIn
        func check(_ part: String, _ values: [Float]) throws {
            if let index = values.firstIndex(where: { !$0.isFinite }) {
                throw site.badData("\(layer.name).\(part)[\(index)] is \(values[index])")
            }
        }
        try check("scale", finished.scale)
        try check("negativeScale", finished.negativeScale)
        try check("bias", finished.bias ?? [])
        let values: DeployedWeights.Values
        switch finished.values {
        case .reals(let reals):
            try check("weight", reals)
            values = .reals(Self.transposed(reals, fanIn: fanIn, outputs: outputs))
        case .integers(let integers):
            let isBinary = levels == 2
            let alphabet: [Int8] = isBinary ? [-1, 1] : [-1, 0, 1]
            if let index = integers.firstIndex(where: { !alphabet.contains($0) }) {
                throw site.badData(
                    "\(layer.name).weight[\(index)] is \(integers[index]), which is not one of "
                        + alphabet.map(String.init).joined(separator: ", "))
            }
            let ordered = Self.transposed(integers, fanIn: fanIn, outputs: outputs)
            values = isBinary ? .signs(ordered) : .trits(ordered)
        }
        var scale = finished.scale.map(Double.init)
        if scale.count != outputs {
            scale = Array(repeating: scale.first ?? 1, count: outputs)
        }
        var negativeFactor: [Float] = []
        if let negative = finished.negativeScale.first {
            guard scale[0] > 0, negative > 0 else {
                throw site.badData(
                    "\(layer.name) has scales \(scale[0]) and \(negative); both must be positive")
            }
            negativeFactor = Array(
                repeating: Float(Double(negative) / scale[0]), count: outputs)
        }
        return (
            DeployedProduct(
                name: layer.name, geometry: layer.geometry, outputs: outputs,
                weights: DeployedWeights(values: values, negativeFactor: negativeFactor)),
            scale, (finished.bias ?? Array(repeating: 0, count: outputs)).map(Double.init)
        )
    }

    /// Transposes `[fanIn, outputs]` to `[outputs, fanIn]`.
    private static func transposed<Value>(_ values: [Value], fanIn: Int, outputs: Int) -> [Value] {
        (0..<values.count).map { values[$0 % fanIn * outputs + $0 / fanIn] }
    }

    // MARK: Affine maps

    /// Appends the affine map of a batch norm that follows a product or an activation.
    private func fold(
        _ layer: BatchNormalization, before next: InferenceStep?, _ steps: inout [DeployedStep],
        _ pending: Pending?
    ) throws {
        guard case .normalization(let norm) = layers[layer.name] else {
            preconditionFailure("\(layer.name) has no statistics")
        }
        for (part, values) in [
            ("mean", norm.mean), ("variance", norm.variance), ("gamma", norm.gamma),
            ("beta", norm.beta),
        ] {
            if let index = values.firstIndex(where: { !$0.isFinite || part == "variance" && $0 < 0 }
            ) {
                throw site.badData("\(layer.name).\(part)[\(index)] is \(values[index])")
            }
        }
        var scale: [Double] = []
        var shift: [Double] = []
        for channel in norm.mean.indices {
            let factor =
                Double(norm.gamma[channel])
                / (Double(norm.variance[channel]) + norm.epsilon).squareRoot()
            let bias = pending?.bias[channel] ?? 0
            scale.append(factor * (pending?.scale[channel] ?? 1))
            shift.append(
                Double(norm.beta[channel]) + (bias - Double(norm.mean[channel])) * factor)
        }
        var activation: DeployedAffine.Activation = layer.rectified ? .rectified : .none
        if case .sign = next { activation = .sign }
        try append(
            scale, shift, named: layer.name, shape: layer.outputShape, activation, &steps, pending)
    }

    /// Appends the scales and the bias of a product that no batch norm follows.
    private func settle(
        _ steps: inout [DeployedStep], _ pending: inout Pending?,
        _ activation: DeployedAffine.Activation
    ) throws {
        guard let waiting = pending, case .product(let product) = steps[waiting.position] else {
            return
        }
        try append(
            waiting.scale, waiting.bias, named: "\(product.name).affine",
            shape: Self.outputShape(steps.last), activation, &steps, waiting)
        pending = nil
    }

    private static func outputShape(_ step: DeployedStep?) -> ImageShape {
        switch step {
        case .product(let product): product.outputShape
        case .maxPool(_, let geometry):
            ImageShape(
                height: geometry.outputHeight, width: geometry.outputWidth,
                channels: geometry.input.channels)
        case .affine, .averagePool, .residual, nil:
            preconditionFailure("an affine map after \(String(describing: step))")
        }
    }

    /// Appends an affine map. If it follows a product directly, the weights absorb the sign of its
    /// scales.
    private func append(
        _ scale: [Double], _ shift: [Double], named name: String, shape: ImageShape,
        _ activation: DeployedAffine.Activation, _ steps: inout [DeployedStep], _ pending: Pending?
    ) throws {
        for (part, values) in [("scale", scale), ("shift", shift)] {
            if let channel = values.firstIndex(where: { !Float($0).isFinite }) {
                throw site.badData(
                    "\(name).\(part)[\(channel)] is \(values[channel]), "
                        + "which is not a finite Float32 number")
            }
        }
        var scale = scale
        if let pending, !pending.isPooled, case .product(var product) = steps[pending.position] {
            for output in scale.indices {
                if Float(scale[output]) == 0 {
                    product.weights.multiply(output: output, outputs: product.outputs, by: 0)
                    scale[output] = 0
                } else if scale[output] < 0 {
                    product.weights.multiply(output: output, outputs: product.outputs, by: -1)
                    scale[output] = -scale[output]
                    // +1 and -1 are exchanged: a positive weight now has the magnitude of a former
                    // negative one.
                    if !product.weights.negativeFactor.isEmpty {
                        let factor = Double(product.weights.negativeFactor[output])
                        scale[output] *= factor
                        product.weights.negativeFactor[output] = Float(1 / factor)
                    }
                }
            }
            steps[pending.position] = .product(product)
        }
        steps.append(
            .affine(
                DeployedAffine(
                    name: name, shape: shape, scale: scale.map { Float($0) },
                    shift: shift.map { Float($0) }, activation: activation)))
    }

    // MARK: Residual blocks

    private mutating func shortcut(_ layers: [any Layer]) throws -> DeployedResidual.Shortcut {
        if case .subsampling(let sampling) = layers.first?.inference {
            return .subsampling(sampling)
        }
        let steps = try steps(layers)
        return steps.isEmpty ? .identity : .projection(steps)
    }
}
