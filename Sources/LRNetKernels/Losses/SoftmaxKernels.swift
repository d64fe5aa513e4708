internal import Foundation
internal import LRNetSupport

/// Softmax functions of one sample: the cross-entropy and sums of softmax outputs.
package enum SoftmaxKernels {
    /// The result for one sample, from these and other losses.
    package struct SampleResult: Sendable {
        /// The loss. For the cross-entropy this is `-log softmax(logits)[label]`, in nats.
        package var loss: Double
        /// The index of the largest logit, or the first of several equal ones.
        package var prediction: Int
        /// The number of classes before the label when the logits are sorted, largest first; of
        /// equal logits, the class with the lower number comes first. The value is below 5 if the
        /// label is among the five most likely classes. A logit of NaN sorts before the label, and
        /// a label whose logit is NaN comes last.
        package var labelPosition: Int
    }

    /// Computes the cross-entropy of one sample and its gradient.
    ///
    ///     loss = log sum over c of exp(z[c] - max z) - (z[label] - max z)
    ///     gradient[c] = gradientScale * (softmax(z)[c] - [c = label])
    ///
    /// Sums run over the classes in order, in Double.
    ///
    /// Naive twin: `Reference.crossEntropyGradient`.
    ///
    /// - Parameters:
    ///   - logits: Shape `[classes]`.
    ///   - label: In `0 ..< classes`.
    ///   - gradient: Overwritten unless `nil`; may be the same view as `logits`.
    package static func crossEntropy(
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
        let position = position(of: label, in: logits)
        if let gradient {
            let scale = Double(gradientScale)
            for c in 0..<classes {
                let probability = exp(Double(z[c]) - top) / sum
                gradient.pointer[c] = Float(scale * (probability - (c == label ? 1 : 0)))
            }
        }
        return SampleResult(loss: loss, prediction: best, labelPosition: position)
    }

    /// Returns the number of classes before the label (``SampleResult/labelPosition``).
    static func position(of label: Int, in logits: FloatView) -> Int {
        let z = logits.pointer
        var position = 0
        for c in 0..<logits.count where c != label {
            let isAfter = z[c] < z[label] || (z[c] == z[label] && c > label)
            position += isAfter ? 0 : 1
        }
        return position
    }

    /// Adds the softmax of one sample's logits to sums that are stored as logarithms, so that small
    /// probabilities count too:
    ///
    ///     sum[c] = log(exp sum[c] + softmax(logits)[c])
    ///
    /// The sums are then logits of the mean of all softmax outputs. They start at minus infinity.
    package static func addLogProbabilities(ofLogits logits: FloatView, to sum: FloatView) {
        precondition(logits.count == sum.count, "\(logits.count) logits, \(sum.count) sums")
        let (z, target) = (logits.pointer, sum.pointer)
        var top = -Double.infinity
        for c in 0..<logits.count { top = max(top, Double(z[c])) }
        var total = 0.0
        for c in 0..<logits.count { total += exp(Double(z[c]) - top) }
        let scale = top + log(total)
        for c in 0..<logits.count {
            let (old, new) = (Double(target[c]), Double(z[c]) - scale)
            let (large, small) = old < new ? (new, old) : (old, new)
            target[c] = Float(large == -.infinity ? large : large + log1p(exp(small - large)))
        }
    }
}
