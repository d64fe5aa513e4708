public import LRNetLayers
import LRNetSupport

/// A base recipe under another method: the same network, data, batch, schedule and start.
///
/// What differs is what the method asks for: a real first layer where it cannot train one, and its
/// learning rate.
public struct MatchedRecipe: Sendable {
    /// The method.
    public let method: TrainingMethod

    /// The recipe.
    public let recipe: Recipe

    /// The learning rate of real-valued weights, latent ones among them, as a share of the base
    /// recipe's, which is made for logits: 0.001 instead of 0.01 in the paper's.
    public static let realWeightRate = 0.1

    /// Derives a recipe.
    ///
    /// - Parameters:
    ///   - learningRate: Overrides the method's own.
    /// - Throws: `Failure` (78) if the network does not go with the method.
    public init(
        base: Recipe, method: TrainingMethod, seed: UInt64, learningRate: Double? = nil
    ) throws {
        var recipe = base
        recipe.weights.model = method
        recipe.training.seed = seed
        recipe.optimizer.learningRate = learningRate ?? Self.learningRate(base: base, method)
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

    private static func learningRate(base: Recipe, _ method: TrainingMethod) -> Double {
        base.optimizer.learningRate * (method.hasLogits ? 1 : realWeightRate)
    }
}
