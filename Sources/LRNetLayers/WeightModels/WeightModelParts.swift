package import LRNetKernels

/// A method whose step requires values of a whole layer: thresholds, scales.
package protocol NeedsWholeLayer: WeightModel {
    /// Computes the values from the learned tensors; ``WeightStep/statistics`` passes them on.
    func statistics(_ latents: [FloatView], shape: WeightShape) -> [Float]
}

/// A method with scales that are learned together with the weights.
package protocol LearnsScales: WeightModel {
    /// Computes the gradients of the scales, one after the other, from a leaf's gradient of all
    /// weights.
    func scaleGradient(
        _ latents: [FloatView], step: WeightStep, gradient: PreparedWeights,
        into scaleGradient: FloatView)
}

/// A method whose gradient comes from the losses of several draws
/// (``GradientRule/scoreFunction(draws:)``).
package protocol LearnsFromLosses: WeightModel {
    /// Returns the coefficient of the score of each draw.
    ///
    /// - Parameter losses: The losses of the whole batch, one per draw.
    func coefficients(losses: [Double]) -> [Float]
}

/// A method with a regularizer, whose strength is the `beta` of the recipe.
package protocol HasRegularizer: WeightModel {
    /// Adds the gradient of the regularizer for a contiguous range of weights.
    func addRegularization(beta: Float, _ latents: [FloatView], to latentGradients: [FloatView])
}

/// A method that adds weight decay itself instead of the optimizer, because its gradients are
/// scaled.
package protocol HasScaledDecay: WeightModel {
    /// Adds the gradient of the decay for a contiguous range of weights.
    ///
    /// - Parameters:
    ///   - strength: lambda of the recipe.
    ///   - first: The position of the range's first weight in the layer.
    ///   - step: The step that was passed to ``WeightModel/prepare(_:step:into:pool:)``.
    func addDecay(
        _ strength: Float, _ latents: [FloatView], first: Int, step: WeightStep,
        to latentGradients: [FloatView])
}

/// A method that confines learned tensors to a set.
package protocol HasConstraint: WeightModel {
    /// Moves a layer's tensors back into the set; called after each update.
    func didUpdate(_ latents: [FloatView], shape: WeightShape)
}

/// A method whose layers divide pre-activations by their standard deviation instead of drawing
/// them.
package protocol StandardizesPreActivations: WeightModel {
    /// The number that is added to the variances before the division.
    func varianceOffset(_ shape: WeightShape) -> Float
}

/// A method that treats images differently from activations.
package protocol DependsOnPosition: WeightModel {
    /// Returns the model of one layer.
    func model(forFirstLayer isFirst: Bool) -> any WeightModel
}

/// A method whose weights have distributions.
package protocol HasDistributions: WeightModel {
    /// Returns the probabilities of 0 and of +1 for each weight.
    func probabilities(_ latents: [FloatView]) -> (zero: [Float], plus: [Float])
}

/// The optional protocols that the method of a layer conforms to.
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
