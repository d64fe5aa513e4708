package import LRNetLayers
import LRNetSupport

/// A base recipe under another method: the same network, data, batch, schedule and start.
///
/// Only two things differ: a real first layer where the method cannot train one, and learning rates.
package struct ComparisonRecipe: Sendable {
    /// The method.
    package let method: TrainingMethod

    /// The recipe.
    package let recipe: Recipe

    /// The learning rate of methods without logits, as a share of a base recipe's that has one rate, made for
    /// logits: 0.001 instead of 0.01 in the paper's. A base recipe with `logitRate` has theirs as
    /// `learningRate`.
    package static let realWeightRate = 0.1

    /// Derives a recipe.
    ///
    /// - Parameters:
    ///   - start: Overrides the base recipe's `initialization.from`.
    ///   - learningRate: Overrides the method's own: of logits where it has them, else of latent weights.
    /// - Throws: `Failure` (78) if the network does not go with the method.
    package init(
        base: Recipe, method: TrainingMethod, seed: UInt64, start: String? = nil,
        learningRate: Double? = nil
    ) throws {
        var recipe = base
        recipe.weights.model = method
        recipe.training.seed = seed
        if let start { recipe.initialization.from = start }
        if base.optimizer.logitRate == nil {
            recipe.optimizer.learningRate *= method.hasLogits ? 1 : Self.realWeightRate
        }
        if let learningRate {
            if method.hasLogits, base.optimizer.logitRate != nil {
                recipe.optimizer.logitRate = learningRate
            } else {
                recipe.optimizer.learningRate = learningRate
            }
        }
        recipe.network.firstLayer = Self.firstLayer(base: base, method)
        // Once through the reader, which checks what is new.
        self.recipe = try Recipe(yaml: recipe.yaml, file: "of \(method.rawValue)")
        self.method = method
    }

    /// Why the base recipe's network cannot be trained by a method; `nil` if it can.
    static func problem(base: Recipe, _ method: TrainingMethod) -> String? {
        var architecture = base.architecture
        architecture.firstLayer = firstLayer(base: base, method)
        return method.problem(with: architecture)
    }

    private static func firstLayer(
        base: Recipe, _ method: TrainingMethod
    ) -> Architecture.FirstLayer {
        var architecture = base.architecture
        if method.problem(with: architecture) == nil { return base.network.firstLayer }
        architecture.firstLayer = .fullPrecision
        return method.problem(with: architecture) == nil ? .fullPrecision : base.network.firstLayer
    }
}
