internal import LRNetKernels
internal import LRNetSupport

/// Confusion counts: the number of samples of each class for each predicted class.
package struct Confusions: Sendable, Equatable {
    /// The result for the samples of one class.
    package struct ClassResult: Sendable, Codable, Equatable {
        package var label: Int
        /// The number of misclassified samples.
        package var errorCount: Int
        /// The number of samples of the class.
        package var sampleCount: Int

        /// The share of misclassified samples, in percent; `nil` for a class without samples.
        package var errorPercent: Double? {
            sampleCount > 0 ? 100 * Double(errorCount) / Double(sampleCount) : nil
        }
    }

    /// The samples of one class that were misclassified as one other class.
    package struct Pair: Sendable, Codable, Equatable {
        package var label: Int
        /// The predicted class.
        package var prediction: Int
        /// The number of such samples.
        package var count: Int
    }

    private let classes: Int
    /// The counts, of shape `[label, prediction]`.
    private var counts: [UInt32]

    package init(classes: Int) {
        self.classes = classes
        counts = Array(repeating: 0, count: classes * classes)
    }

    /// Counts a sample.
    package mutating func add(label: Int, prediction: Int) {
        counts[label * classes + prediction] += 1
    }

    /// Counts the predictions of a batch. A prediction is the largest logit, or the first of
    /// several equal ones.
    mutating func add(_ logits: FloatView, _ labels: [Int32]) {
        for (sample, label) in labels.enumerated() {
            let row = logits[sample * classes..<(sample + 1) * classes]
            let result = SoftmaxKernels.crossEntropy(logits: row, label: Int(label))
            add(label: Int(label), prediction: result.prediction)
        }
    }

    /// The nonzero counts, encoded as pairs of position and count in four little-endian bytes each.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        for (position, count) in counts.enumerated() where count > 0 {
            for word in [UInt32(position), count] {
                withUnsafeBytes(of: word.littleEndian) { result += $0 }
            }
        }
        return result
    }

    /// Adds the ``bytes`` of another process.
    package mutating func add(_ bytes: [UInt8]) {
        precondition(bytes.count % 8 == 0, "\(bytes.count) bytes of counts")
        func word(_ start: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << (8 * $1) }
        }
        for start in stride(from: 0, to: bytes.count, by: 8) {
            counts[Int(word(start))] += word(start + 4)
        }
    }

    /// One result per class, in the order of labels.
    package var classResults: [ClassResult] {
        (0..<classes).map { label in
            let row = counts[label * classes..<(label + 1) * classes]
            let all = row.reduce(0) { $0 + Int($1) }
            return ClassResult(
                label: label, errorCount: all - Int(counts[label * classes + label]),
                sampleCount: all)
        }
    }

    /// Returns the most frequent confusions, at most `limit`. Ties are ordered by label, then by
    /// prediction.
    package func mostConfused(_ limit: Int) -> [Pair] {
        let pairs = counts.indices.compactMap { position -> Pair? in
            let (label, prediction) = (position / classes, position % classes)
            guard label != prediction, counts[position] > 0 else { return nil }
            return Pair(label: label, prediction: prediction, count: Int(counts[position]))
        }
        return Array(
            pairs.sorted {
                ($1.count, $0.label, $0.prediction) < ($0.count, $1.label, $1.prediction)
            }.prefix(limit))
    }
}
