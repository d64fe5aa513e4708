internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
package import LRNetTraining

/// A finished network as exporters walk it: products of discrete weights, one affine map a channel after each,
/// activations and pooling. Batch norm, biases and the scales of weights are folded.
///
/// - F1: `scale = gamma / sqrt(variance + epsilon)`, `shift = beta - mean * scale`, in Double, rounded once to
///   Float32. Scales of weights multiply `scale` in Double.
/// - F2: where `scale < 0`, the weights of that output and `scale` change sign. Then every map increases, and
///   pooling and rounding commute with it. Where `scale` is 0, the weights become 0.
/// - F3: `sign(0) = +1`.
package struct DeployedNetwork: Sendable {
    package let steps: [DeployedStep]

    package let description: NetworkDescription

    /// `ternary`
    package let method: String

    /// SHA-256 of the content of the winner that it comes from.
    package let source: String

    /// Folds a network.
    ///
    /// - Throws: `Failure` (65) naming the tensor and the index of a value that no network has: a weight outside
    ///   its alphabet, a number that is not finite, a negative variance.
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

    /// Some activations are signs.
    package var hasSigns: Bool { pairs.contains { $0.affine?.activation == .sign } }

    /// The products in order, those of residual blocks included.
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
