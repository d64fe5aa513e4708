internal import LRNetKernels

/// What a network is trained to make small, by its name in recipes.
package enum LossFunction: String, Sendable, CaseIterable {
    /// ``SoftmaxKernels/crossEntropy(logits:label:gradientScale:gradient:)``
    case crossEntropy = "cross-entropy"
    /// ``MarginKernels/squaredHinge(logits:label:gradientScale:gradient:)``, as BinaryConnect and BNN
    /// have it.
    case squaredHinge = "squared-hinge"
    /// ``MarginKernels/probit(logits:label:gradientScale:gradient:)``, as expectation backpropagation
    /// has it.
    case probit

    /// The loss of one sample, and its gradient.
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
