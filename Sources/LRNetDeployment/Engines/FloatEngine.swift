package import LRNetKernels

/// Runs a deployed network with real activations, one image at a time.
///
/// Each thread requires its own engine. Engines can share the packed weights.
package final class FloatEngine {
    /// A closure that is called after each affine map and residual block with its name and output.
    package typealias Observer = (_ name: String, _ values: FloatView) -> Void

    /// The packed weights of the products as real numbers.
    package struct Weights: Sendable {
        fileprivate let matrices: [String: PackedMatrix]

        package init(_ network: DeployedNetwork) {
            var matrices: [String: PackedMatrix] = [:]
            for product in network.products {
                matrices[product.name] = PackedMatrix(
                    rows: product.weights.expanded(outputs: product.outputs),
                    outputs: product.outputs, fanIn: product.fanIn)
            }
            self.matrices = matrices
        }
    }

    private let network: DeployedNetwork
    private let weights: Weights

    package init(_ network: DeployedNetwork, weights: Weights) {
        self.network = network
        self.weights = weights
    }

    /// Returns the scores of an image and the input of the last product.
    ///
    /// - Parameter image: The network's input, `[height, width, channels]`.
    package func run(_ image: FloatView, observer: Observer? = nil) -> (
        scores: [Float], features: [Float]
    ) {
        var values = image
        var features = image
        for step in network.steps {
            if case .product = step { features = values }
            values = run(step, values, observer)
        }
        return (values.values, features.values)
    }

    private func run(
        _ steps: [DeployedStep], _ input: FloatView, _ observer: Observer?
    ) -> FloatView {
        steps.reduce(input) { run($1, $0, observer) }
    }

    private func run(_ step: DeployedStep, _ input: FloatView, _ observer: Observer?) -> FloatView {
        switch step {
        case .product(let product): return multiply(product, input)
        case .affine(let affine):
            let output = Self.apply(affine, input)
            observer?(affine.name, output)
            return output
        case .maxPool(_, let geometry): return Windows.maxPool(input, geometry)
        case .averagePool(_, let shape):
            let output = FloatBuffer(count: shape.channels).all
            Elementwise.sumRows(of: input, into: output, accumulate: false)
            Elementwise.scale(output, by: 1 / Float(shape.pixelCount))
            return output
        case .residual(let block):
            let other: FloatView =
                switch block.shortcut {
                case .identity: input
                case .projection(let steps): run(steps, input, observer)
                case .subsampling(let sampling): Windows.subsample(input, sampling)
                }
            let sum = run(block.body, input, observer)
            Elementwise.add(other, to: sum)
            Elementwise.clamp(sum, to: 0...(.infinity))
            observer?(block.name, sum)
            return sum
        }
    }

    private func multiply(_ product: DeployedProduct, _ input: FloatView) -> FloatView {
        guard let matrix = weights.matrices[product.name] else {
            preconditionFailure("\(product.name) has no packed weights")
        }
        return Windows.multiply(input, product.geometry, matrix)
    }

    private static func apply(_ affine: DeployedAffine, _ input: FloatView) -> FloatView {
        let output = FloatBuffer(count: input.count).all
        output.copy(from: input)
        ChannelAffine(factors: affine.scale, offsets: affine.shift).apply(output)
        switch affine.activation {
        case .none: break
        case .rectified: Elementwise.clamp(output, to: 0...(.infinity))
        case .sign: SignActivations.forward(output, into: output)
        }
        return output
    }
}
