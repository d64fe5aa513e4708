internal import LRNetKernels
internal import LRNetSupport

/// The sums of several networks' softmax outputs, as logarithms, of this rank's samples, batch after
/// batch.
///
/// Takes `classes` Float32 numbers a sample.
final class EnsembleAnswers {
    private let classes: Int
    private var sums: [FloatBuffer] = []
    private var labels: [[Int32]] = []
    private var next = 0

    init(classes: Int) {
        self.classes = classes
    }

    /// Begins with the first batch again, for another network.
    func beginNetwork() { next = 0 }

    /// Adds the answers to the next batch.
    ///
    /// - Parameter logits: Shape `[samples, classes]`; of no samples on a rank that has none.
    func add(_ logits: FloatView, _ labels: [Int32]) {
        if next == sums.count {
            let sum = FloatBuffer(count: logits.count)
            sum.all.fill(-.infinity)
            sums.append(sum)
            self.labels.append(labels)
        }
        let sum = sums[next]
        precondition(sum.count == logits.count, "\(logits.count) answers, \(sum.count) before")
        for start in stride(from: 0, to: logits.count, by: classes) {
            let row = start..<start + classes
            SoftmaxKernels.addLogProbabilities(ofLogits: logits[row], to: sum[row])
        }
        next += 1
    }

    /// Logits whose softmax is the mean of the networks', and the labels.
    func logits(batch: Int) -> (FloatView, [Int32]) { (sums[batch].all, labels[batch]) }
}
