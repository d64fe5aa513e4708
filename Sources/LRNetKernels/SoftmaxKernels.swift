internal import Foundation

/// Log-softmax and the cross-entropy of one sample.
public enum SoftmaxKernels {
    /// The result for one sample.
    public struct SampleResult: Sendable {
        /// `-log softmax(logits)[label]`, in nats.
        public var loss: Double
        /// The index of the largest logit, the first of equals.
        public var prediction: Int
    }

    /// The cross-entropy of one sample and its gradient.
    ///
    ///     loss = log sum over c of exp(z[c] - max z) - (z[label] - max z)
    ///     gradient[c] = gradientScale * (softmax(z)[c] - [c = label])
    ///
    /// Sums run over the classes in order, in Double.
    ///
    /// - Parameters:
    ///   - logits: Shape `[classes]`.
    ///   - label: In `0 ..< classes`.
    ///   - gradient: Overwritten unless `nil`; may be the same view as `logits`.
    public static func crossEntropy(
        logits: FloatView, label: Int, gradientScale: Float = 1, gradient: FloatView? = nil
    ) -> SampleResult {
        let classes = logits.count
        precondition(
            label >= 0 && label < classes && (gradient?.count ?? classes) == classes,
            "label \(label) of \(classes) classes")
        let z = logits.pointer
        var best = 0
        for c in 1..<max(classes, 1) where z[c] > z[best] { best = c }
        let top = Double(z[best])
        var sum = 0.0
        for c in 0..<classes { sum += exp(Double(z[c]) - top) }
        let loss = log(sum) - (Double(z[label]) - top)
        if let gradient {
            let scale = Double(gradientScale)
            for c in 0..<classes {
                let probability = exp(Double(z[c]) - top) / sum
                gradient.pointer[c] = Float(scale * (probability - (c == label ? 1 : 0)))
            }
        }
        return SampleResult(loss: loss, prediction: best)
    }
}
