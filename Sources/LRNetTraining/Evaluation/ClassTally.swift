internal import LRNetCollectives
internal import LRNetKernels

/// The number of misclassified samples of each class.
struct ClassTally {
    /// The number of misclassified samples of each class.
    private(set) var errors: [Int]
    /// The number of samples of each class.
    private(set) var counts: [Int]

    init(classes: Int) {
        errors = Array(repeating: 0, count: classes)
        counts = errors
    }

    /// Adds samples of this rank.
    ///
    /// - Parameter logits: Shape `[samples, classes]`.
    mutating func add(logits: FloatView, labels: [Int32]) {
        let values = logits.values
        for (sample, label) in labels.enumerated() {
            let first = sample * counts.count
            let prediction = Self.prediction(values[first..<first + counts.count])
            counts[Int(label)] += 1
            if prediction != Int(label) { errors[Int(label)] += 1 }
        }
    }

    /// Returns the class of the largest logit, or the first of several equal ones, like the error
    /// count of the loss.
    static func prediction(_ logits: ArraySlice<Float>) -> Int {
        var best = logits.startIndex
        for index in logits.indices where logits[index] > logits[best] { best = index }
        return best - logits.startIndex
    }

    /// Adds up the counts of all ranks. Every rank must call it.
    mutating func combine(_ group: any ProcessGroup) throws {
        var sums = (errors + counts).map { Int64($0) }
        try group.sum(&sums)
        errors = sums.prefix(counts.count).map { Int($0) }
        counts = sums.suffix(counts.count).map { Int($0) }
    }
}
