package import LRNetLayers
import LRNetSupport

/// A base recipe adapted to another training method, with the same network, data, batch, schedule
/// and start.
///
/// Only two things differ: the learning rates, and the first layer, which has real weights if the
/// method cannot train it.
package struct ComparisonRecipe: Sendable {
    package let method: TrainingMethod

    package let recipe: Recipe

    /// The learning rate of methods without logits, as a fraction of the base recipe's learning
    /// rate. It applies to base recipes with a single rate, which is chosen for logits: 0.001
    /// instead of the paper's 0.01. A base recipe with `logitRate` already contains the rate of
    /// methods without logits as `learningRate`.
    package static let realWeightRate = 0.1

    /// Derives a recipe.
    ///
    /// - Parameters:
    ///   - start: Overrides the base recipe's `initialization.from`.
    ///   - learningRate: Overrides the method's learning rate, which is the rate of logits if the
    ///     method has logits, and the rate of latent weights otherwise.
    /// - Throws: `Failure` (78) if the method does not support the network.
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
        // Parsing the recipe again checks the new values.
        self.recipe = try Recipe(yaml: recipe.yaml, file: "of \(method.rawValue)")
        self.method = method
    }

    /// The rate that a ``RateGrid`` changes.
    var rate: Double { Self.rate(of: recipe) }

    /// Returns the rate of a run's recipe that a ``RateGrid`` has changed.
    static func rate(of recipe: Recipe) -> Double {
        let logitRate = recipe.weights.model.hasLogits ? recipe.optimizer.logitRate : nil
        return logitRate ?? recipe.optimizer.learningRate
    }

    /// Returns the reason why a method cannot train the base recipe's network; `nil` if it can.
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
