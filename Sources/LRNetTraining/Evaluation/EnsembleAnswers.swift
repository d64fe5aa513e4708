internal import LRNetKernels
internal import LRNetSupport

/// The sums of several networks' softmax outputs for this rank's samples, stored as logarithms,
/// batch by batch.
///
/// It needs `classes` Float32 numbers per sample.
final class EnsembleAnswers {
    private let classes: Int
    private var sums: [FloatBuffer] = []
    private var labels: [[Int32]] = []
    private var next = 0

    init(classes: Int) {
        self.classes = classes
    }

    /// Restarts at the first batch for another network.
    func beginNetwork() { next = 0 }

    /// Adds the answers for the next batch.
    ///
    /// - Parameter logits: Shape `[samples, classes]`; `samples` is 0 on a rank without samples.
    func add(_ logits: FloatView, _ labels: [Int32]) {
        if next == sums.count {
            let sum = FloatBuffer(count: logits.count)
            sum.all.fill(-.infinity)
            sums.append(sum)
            self.labels.append(labels)
        }
        let sum = sums[next]
        precondition(
            sum.count == logits.count,
            "\(logits.count) answers, but the first network had \(sum.count)")
        for start in stride(from: 0, to: logits.count, by: classes) {
            let row = start..<start + classes
            SoftmaxKernels.addLogProbabilities(ofLogits: logits[row], to: sum[row])
        }
        next += 1
    }

    /// Returns logits whose softmax is the mean of the networks' softmax outputs, and the labels.
    func logits(batch: Int) -> (FloatView, [Int32]) { (sums[batch].all, labels[batch]) }
}
