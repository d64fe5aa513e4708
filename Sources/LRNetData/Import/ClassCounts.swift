/// How many samples each class has.
struct ClassCounts {
    /// By label.
    private(set) var values: [Int]

    /// Counts labels.
    ///
    /// - Precondition: Labels are in `0 ..< classes`.
    init(_ labels: some Sequence<Int32>, classes: Int) {
        values = [Int](repeating: 0, count: classes)
        for label in labels { values[Int(label)] += 1 }
    }

    /// The most samples that can be left out from the first one on, so that each class keeps one; `nil` if a
    /// class has none.
    static func largestHoldout(_ labels: [Int32], classes: Int) -> Int? {
        var last = [Int](repeating: -1, count: classes)
        for (position, label) in labels.enumerated() { last[Int(label)] = position }
        return last.min().flatMap { $0 < 0 ? nil : $0 }
    }

    /// The first class without a sample.
    var firstEmpty: Int? { values.firstIndex(of: 0) }
}
