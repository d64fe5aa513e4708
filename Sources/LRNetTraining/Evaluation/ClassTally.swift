internal import Foundation
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

    /// Adds up the counts of all ranks. They are integers, so the order does not matter. Every rank
    /// must call it.
    mutating func combine(_ group: any ProcessGroup) throws {
        let own = (errors + counts).map(Double.init)
        let width = own.count
        var gathered = Array(repeating: 0.0, count: width * group.size)
        try group.allGather(
            own, counts: Array(repeating: width, count: group.size), into: &gathered)
        let sums = (0..<width).map { column in
            stride(from: column, to: gathered.count, by: width).reduce(0) { $0 + Int(gathered[$1]) }
        }
        errors = Array(sums[..<counts.count])
        counts = Array(sums[counts.count...])
    }
}
