internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
package import LRNetTraining

/// A finished network in the form that exporters traverse: products of discrete weights, a
/// per-channel affine map after each product, activations and pooling. Batch norm, biases and the
/// scales of weights are folded into the affine maps.
///
/// - F1: `scale = gamma / sqrt(variance + epsilon)` and `shift = beta - mean * scale` are computed
///   in Double and rounded once to Float32. Scales of weights multiply `scale` in Double.
/// - F2: Where `scale < 0` in a map that follows a product directly, both `scale` and the weights
///   of that output change sign. The map then increases, so pooling and rounding commute with it.
///   Where `scale` is 0, the weights become 0, unless they are signs.
/// - F3: `sign(0) = +1`.
package struct DeployedNetwork: Sendable {
    package let steps: [DeployedStep]

    package let description: NetworkDescription

    /// The name of the training method, such as `ternary`.
    package let method: String

    /// The SHA-256 of the content of the winner's file.
    package let source: String

    /// Folds a finished network.
    ///
    /// - Throws: `Failure` (65) naming the tensor and the index of an invalid value: a weight
    ///   outside its alphabet, a number that is not finite, or a negative variance.
    package init(_ stored: StoredNetwork) throws {
        let network = stored.recipe.makeNetwork(classes: stored.description.classes)
        let finished = try stored.file.network(like: network)
        var folding = Folding(
            layers: finished.layers, levels: stored.recipe.model.levels,
            site: FailureSite("network", stored.file.path))
        steps = try folding.steps(network.stages)
        description = stored.description
        method = stored.recipe.weights.model.rawValue
        source = stored.file.contents.metadata["sha256"] ?? ""
    }

    init(steps: [DeployedStep], description: NetworkDescription, method: String, source: String) {
        self.steps = steps
        self.description = description
        self.method = method
        self.source = source
    }

    /// True if some activations are signs.
    package var hasSigns: Bool { pairs.contains { $0.affine?.activation == .sign } }

    /// The products in order, including those of residual blocks.
    package var products: [DeployedProduct] {
        func products(_ steps: [DeployedStep]) -> [DeployedProduct] {
            steps.flatMap { step -> [DeployedProduct] in
                switch step {
                case .product(let product): return [product]
                case .affine, .maxPool, .averagePool: return []
                case .residual(let block):
                    if case .projection(let steps) = block.shortcut {
                        return products(block.body) + products(steps)
                    }
                    return products(block.body)
                }
            }
        }
        return products(steps)
    }
}
