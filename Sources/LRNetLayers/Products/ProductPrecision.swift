package import LRNetKernels

/// The precision of the products of a training step.
package enum ProductPrecision: String, Sendable, CaseIterable {
    /// All products in Float32.
    case float32
    /// Products of variances in bfloat16, for methods that draw their pre-activations: forward, their
    /// share of the input gradient, and the gradient of the variances. A variance only scales noise,
    /// which hides the rounding. Sums, transforms and all other products are in Float32.
    case mixed

    /// The number format of the products of variances.
    package var varianceFormat: ProductFormat { self == .mixed ? .bfloat16 : .float32 }
}

extension WeightModel {
    /// True if a layer draws its pre-activations from a mean and a variance.
    package var drawsPreActivations: Bool {
        isProbabilistic && !(self is any StandardizesPreActivations)
    }
}
