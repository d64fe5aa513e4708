internal import LRNetKernels

/// The function that training minimizes, by its name in recipes.
package enum LossFunction: String, Sendable, CaseIterable {
    /// `SoftmaxKernels/crossEntropy(logits:label:gradientScale:gradient:)`
    case crossEntropy = "cross-entropy"
    /// `MarginKernels/squaredHinge(logits:label:gradientScale:gradient:)`, the loss of
    /// BinaryConnect and BNN.
    case squaredHinge = "squared-hinge"
    /// `MarginKernels/probit(logits:label:gradientScale:gradient:)`, the loss of expectation
    /// backpropagation.
    case probit

    /// Computes the loss of one sample, and its gradient.
    func evaluate(
        logits: FloatView, label: Int, gradientScale: Float, gradient: FloatView?
    ) -> SoftmaxKernels.SampleResult {
        switch self {
        case .crossEntropy:
            SoftmaxKernels.crossEntropy(
                logits: logits, label: label, gradientScale: gradientScale, gradient: gradient)
        case .squaredHinge:
            MarginKernels.squaredHinge(
                logits: logits, label: label, gradientScale: gradientScale, gradient: gradient)
        case .probit:
            MarginKernels.probit(
                logits: logits, label: label, gradientScale: gradientScale, gradient: gradient)
        }
    }
}
