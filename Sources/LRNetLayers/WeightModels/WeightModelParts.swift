package import LRNetKernels

/// A method whose step needs values of a whole layer: thresholds, scales.
package protocol NeedsWholeLayer: WeightModel {
    /// Computes them from the learned tensors; ``WeightStep/statistics`` hands them on.
    func statistics(_ latents: [FloatView], shape: WeightShape) -> [Float]
}

/// A method with scales that are learned together with the weights.
package protocol LearnsScales: WeightModel {
    /// Computes the gradient of the scales, one after the other, from one leaf's of all weights.
    func scaleGradient(
        _ latents: [FloatView], step: WeightStep, gradient: PreparedWeights,
        into scaleGradient: FloatView)
}

/// A method whose gradient comes from the losses of several draws (``GradientRule/scoreFunction(draws:)``).
package protocol LearnsFromLosses: WeightModel {
    /// The coefficient of each draw's score.
    ///
    /// - Parameter losses: Of the whole batch, one a draw.
    func coefficients(losses: [Double]) -> [Float]
}

/// A method with a regularizer of its own, whose strength is the recipe's `beta`.
package protocol HasRegularizer: WeightModel {
    /// Adds its gradient of a run of weights.
    func addRegularization(beta: Float, _ latents: [FloatView], to latentGradients: [FloatView])
}

/// A method whose weight decay is not the optimizer's, because its gradient has a scale of its own.
package protocol HasScaledDecay: WeightModel {
    /// Adds the decay's gradient of a run of weights.
    ///
    /// - Parameters:
    ///   - strength: The recipe's lambda.
    ///   - first: The position of the first weight in the layer.
    ///   - step: As given to ``WeightModel/prepare(_:step:into:pool:)``.
    func addDecay(
        _ strength: Float, _ latents: [FloatView], first: Int, step: WeightStep,
        to latentGradients: [FloatView])
}

/// A method that keeps learned tensors inside a set.
package protocol HasConstraint: WeightModel {
    /// Brings a layer's tensors back into the set; called after each update.
    func didUpdate(_ latents: [FloatView], shape: WeightShape)
}

/// A method whose layers divide pre-activations by their deviation instead of drawing them.
package protocol StandardizesPreActivations: WeightModel {
    /// The number that is added to the variances first.
    func varianceOffset(_ shape: WeightShape) -> Float
}

/// A method that treats images otherwise than activations.
package protocol DependsOnPosition: WeightModel {
    /// The model of one layer.
    func model(forFirstLayer isFirst: Bool) -> any WeightModel
}

/// A method whose weights have distributions.
package protocol HasDistributions: WeightModel {
    /// The probabilities of 0 and +1 of each weight.
    func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float])
}

/// The parts of a layer's method that only some methods have.
struct WeightModelParts: Sendable {
    let wholeLayer: (any NeedsWholeLayer)?
    let scales: (any LearnsScales)?
    let regularizer: (any HasRegularizer)?
    let scaledDecay: (any HasScaledDecay)?
    let constraint: (any HasConstraint)?
    let standardizing: (any StandardizesPreActivations)?

    init(_ model: any WeightModel) {
        wholeLayer = model as? any NeedsWholeLayer
        scales = model as? any LearnsScales
        regularizer = model as? any HasRegularizer
        scaledDecay = model as? any HasScaledDecay
        constraint = model as? any HasConstraint
        standardizing = model as? any StandardizesPreActivations
    }
}
