import LRNetKernels
import LRNetSupport

/// The final step of every array importer: training and test images in memory become a set, whose
/// validation split consists of the first training images.
struct LabeledImagesImport {
    /// The name of the training images in errors.
    var source: String

    /// The name of the training labels in errors; `nil` to use `source` if one file contains images
    /// and labels.
    var labelSource: String?

    /// The name stored in the set.
    var name: String

    /// The number of classes; labels are `0 ..< classes`.
    var classes: Int

    /// The class names, by label.
    var classNames: [String]?

    /// The label of class 0 in the source.
    var firstLabel = 0

    /// The number of training images to hold out; `nil` for a tenth of them but at most 5,000.
    var validation: Int?

    var shards: Int?

    /// Writes the set.
    ///
    /// - Parameter own: The source's own validation images. If present, no training images are held
    ///   out.
    /// - Precondition: Images of all splits have one shape.
    /// - Throws: ``Failure``: 65 for a class without a training image, 64 if no training image is
    ///   left. Also throws errors of ``ShardWriter``.
    func write(
        train: LabeledImages, validation own: LabeledImages? = nil, test: LabeledImages?,
        output: String, progress: (Int, Int) -> Void
    ) throws -> ShardIndex {
        let standard = min(5000, train.count / 10)
        let validation = own == nil ? validation ?? standard : 0
        let rule = ClassLabels(first: firstLabel)
        let site = FailureSite("import", labelSource ?? source)
        let className = { label in classNames?[label - firstLabel] ?? "\(label)" }
        try rule.check(train.labels, heldOut: 0, classes: classes, site, name: className)
        guard validation >= 0, validation < train.count else {
            let largest = ClassCounts.largestHoldout(train.labels, classes: classes) ?? 0
            throw Failure(
                call: "import", subject: source,
                message: "has \(train.count) images, so --validation \(validation) leaves none to "
                    + "train on; use at most \(largest)"
                    + (standard <= largest ? ", or omit --validation for \(standard)" : ""),
                exitStatus: .usage)
        }
        try rule.check(train.labels, heldOut: validation, classes: classes, site, name: className)
        let total = train.count + (own?.count ?? 0) + (test?.count ?? 0)
        var done = 0
        let writer = try ShardWriter(
            directory: output, name: name, shape: train.shape, classes: classes,
            classNames: classNames)
        func add(
            _ split: DataSplit, _ source: LabeledImages, _ range: Range<Int>, shards: Int? = nil
        ) throws {
            let first = range.lowerBound
            try writer.write(
                split, count: range.count, shards: shards,
                samples: { part in source[first + part.lowerBound..<first + part.upperBound] },
                progress: { count in
                    done += count
                    progress(done, total)
                })
        }
        try add(.train, train, validation..<train.count, shards: shards)
        if let own { try add(.validation, own, 0..<own.count) }
        if validation > 0 { try add(.validation, train, 0..<validation) }
        if let test { try add(.test, test, 0..<test.count) }
        return try writer.finish()
    }
}
