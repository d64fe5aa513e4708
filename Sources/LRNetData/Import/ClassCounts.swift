/// The number of samples in each class.
struct ClassCounts {
    /// The counts by label.
    private(set) var values: [Int]

    /// Counts labels.
    ///
    /// - Precondition: Labels are in `0 ..< classes`.
    init(_ labels: some Sequence<Int32>, classes: Int) {
        values = [Int](repeating: 0, count: classes)
        for label in labels { values[Int(label)] += 1 }
    }

    /// Returns the largest number of samples that can be removed from the start while each class
    /// keeps at least one; `nil` if a class has none.
    static func largestHoldout(_ labels: [Int32], classes: Int) -> Int? {
        var last = [Int](repeating: -1, count: classes)
        for (position, label) in labels.enumerated() { last[Int(label)] = position }
        return last.min().flatMap { $0 < 0 ? nil : $0 }
    }

    /// The first class without a sample; `nil` if there is none.
    var firstEmpty: Int? { values.firstIndex(of: 0) }
}
