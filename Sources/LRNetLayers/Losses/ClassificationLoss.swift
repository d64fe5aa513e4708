package import LRNetKernels
internal import LRNetSupport

/// The loss: a function of each sample's logits, averaged over the global batch. By default it is
/// the cross-entropy of their softmax:
///
///     loss = -1/B sum over samples of log softmax(z)[label]      dL/dz = (softmax(z) - onehot) / B
///
/// where B is the number of samples of the step over all processes.
package final class ClassificationLoss {
    /// The loss and the errors of one or more leaves, before the division by B.
    package struct Totals: Sendable, Equatable {
        /// The sum of the samples' losses, in nats.
        package var loss = 0.0
        /// The number of samples whose largest logit is not that of the label.
        package var errorCount = 0
        /// The number of samples whose label is not among the five largest logits.
        package var topFiveErrorCount = 0
        package var sampleCount = 0

        package init() {}
    }

    private let classes: Int
    private let function: LossFunction
    private var gradientBuffer: FloatBuffer

    /// - Parameter sampleCount: The maximum number of samples in a pass.
    package init(classes: Int, sampleCount: Int, function: LossFunction = .crossEntropy) {
        self.classes = classes
        self.function = function
        gradientBuffer = FloatBuffer(count: classes * sampleCount)
    }

    /// Computes the totals of each leaf, and the gradient.
    ///
    /// - Parameters:
    ///   - logits: Shape `[samples, classes]`.
    ///   - labels: One per sample.
    /// - Returns: The totals of each leaf of this process, in order.
    package func evaluate(
        logits: FloatView, labels: [Int32], layout: BatchLayout, wantsGradient: Bool = true
    ) -> [Totals] {
        precondition(
            labels.count == layout.sampleCount && logits.count == labels.count * classes,
            "\(labels.count) labels and \(logits.count) logits for \(layout.sampleCount) samples")
        let scale = 1 / Float(max(layout.globalCount, 1))
        return layout.leaves.map { leaf in
            var totals = Totals()
            for sample in leaf {
                let range = sample * classes..<(sample + 1) * classes
                let label = Int(labels[sample])
                let result = function.evaluate(
                    logits: logits[range], label: label, gradientScale: scale,
                    gradient: wantsGradient ? gradientBuffer[range] : nil)
                totals.loss += result.loss
                totals.errorCount += result.prediction == label ? 0 : 1
                totals.topFiveErrorCount += result.labelPosition < 5 ? 0 : 1
                totals.sampleCount += 1
            }
            return totals
        }
    }

    /// Returns dL/d logits of the last evaluation.
    package func gradient(_ layout: BatchLayout) -> FloatView {
        gradientBuffer[0..<layout.sampleCount * classes]
    }
}
