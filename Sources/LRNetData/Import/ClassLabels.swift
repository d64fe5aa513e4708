import LRNetSupport

/// The rule that maps stored labels to classes `0 ..< classes`, the same for all importers.
struct ClassLabels {
    /// The label of class 0.
    var first = 0

    /// The number of classes, if known.
    var classes: Int?

    /// The maximum number of classes when their number is unknown: far more than any data set has.
    private static let limit = 1 << 20

    /// Returns the classes of a file's labels.
    ///
    /// - Parameter site: The site of errors.
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
            ? "; number the classes from 0, or set the label of the first class with --first-label"
            : ", the training labels' classes; correct it"
    }

    /// Rejects training labels that leave a class without an image.
    ///
    /// - Parameters:
    ///   - labels: The classes returned by ``numbers(_:_:)``.
    ///   - heldOut: The number of labels, from the first one on, that are held out.
    ///   - name: The name of a class in messages.
    /// - Throws: ``Failure`` (65).
    func check(
        _ labels: [Int32], heldOut: Int, classes: Int, _ site: FailureSite,
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
                            + "numpy.searchsorted(names, labels)), or add images of this class"))
        }
        let largest = ClassCounts.largestHoldout(labels, classes: classes) ?? 0
        let left = ClassCounts(labels.dropFirst(heldOut), classes: classes)
        if let empty = left.firstEmpty {
            throw site.badData(
                "all \(all.values[empty]) images of class \(name(empty + first)) are among the "
                    + "first \(heldOut), which are held out for validation; shuffle images and "
                    + "labels together, or use at most --validation \(largest)")
        }
    }
}
