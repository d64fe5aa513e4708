import LRNetSupport

/// The rule that turns stored labels into classes `0 ..< classes`, the same for all importers.
struct ClassLabels {
    /// The label of class 0.
    var first = 0

    /// The number of classes, where it is known.
    var classes: Int?

    /// Far more than any set has: a number beyond it is not a label.
    private static let limit = 1 << 20

    /// The classes of a file's labels.
    ///
    /// - Parameter site: Where errors belong.
    /// - Throws: ``Failure`` (65) for a label that is not a class.
    func numbers(_ labels: [Int], _ site: FailureSite) throws -> [Int32] {
        let range = first..<first + (classes ?? Self.limit)
        if let wrong = labels.firstIndex(where: { !range.contains($0) }) {
            throw site.badData(
                "label \(labels[wrong]) of sample \(wrong) is outside \(first)..."
                    + "\(range.upperBound - 1)" + remedy)
        }
        return labels.map { Int32($0 - first) }
    }

    private var remedy: String {
        classes == nil
            ? "; number the classes from 0, or name the first one's label with --first-label"
            : ", the training labels' classes; correct it"
    }

    /// Refuses training labels that leave a class without an image.
    ///
    /// - Parameters:
    ///   - labels: As ``numbers(_:_:)`` gives them.
    ///   - held: How many of them, from the first on, are held out.
    ///   - name: What messages call a class.
    /// - Throws: ``Failure`` (65).
    func check(
        _ labels: [Int32], held: Int, classes: Int, _ site: FailureSite,
        name: (Int) -> String
    ) throws {
        let all = ClassCounts(labels, classes: classes)
        if let empty = all.firstEmpty {
            let isFirst = !all.values.dropFirst().contains(0) && classes > 1
            throw site.badData(
                "class \(name(empty + first)) of \(first)...\(classes - 1 + first) has no training "
                    + "image; "
                    + (isFirst && self.classes == nil
                        ? "if labels count from \(first + 1), add --first-label \(first + 1)"
                        : "number the classes without gaps (names = numpy.unique(labels), then "
                            + "numpy.searchsorted(names, labels)), or add images of it"))
        }
        let largest = ClassCounts.largestHoldout(labels, classes: classes) ?? 0
        let left = ClassCounts(labels.dropFirst(held), classes: classes)
        if let empty = left.firstEmpty {
            throw site.badData(
                "all \(all.values[empty]) images of class \(name(empty + first)) are among the first "
                    + "\(held), which are held out for validation; shuffle images and labels "
                    + "together, or use at most --validation \(largest)")
        }
    }
}
