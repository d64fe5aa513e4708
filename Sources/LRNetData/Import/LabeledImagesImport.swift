import LRNetKernels
import LRNetSupport

/// The last part of every importer of arrays: training and test images in memory become a set,
/// whose validation split is the first training images.
struct LabeledImagesImport {
    /// What errors call the training images.
    var source: String

    /// The name of the training labels in errors; `source` if one file has images and labels.
    var labelSource: String?

    /// What the set calls itself.
    var name: String

    /// The number of classes; labels are `0 ..< classes`.
    var classes: Int

    /// The classes' names, by label.
    var classNames: [String]?

    /// The label of class 0 in the source.
    var firstLabel = 0

    /// The number of training images that are held out; `nil` for a tenth of them but 5,000 at most.
    var validation: Int?

    /// The number of shards of the train split.
    var shards: Int?

    /// Writes the set.
    ///
    /// - Parameter own: Validation images of their own; then none are held out.
    /// - Precondition: Images of all splits have one shape.
    /// - Throws: ``Failure`` (65) for a class that nothing is left of to train on, (64) if nothing is left to train on; what ``ShardWriter`` throws.
    func write(
        train: LabeledImages, validation own: LabeledImages? = nil, test: LabeledImages?,
        output: String, progress: (Int, Int) -> Void
    ) throws -> ShardIndex {
        let usual = min(5000, train.count / 10)
        let validation = own == nil ? validation ?? usual : 0
        let rule = ClassLabels(first: firstLabel)
        let site = FailureSite("import", labelSource ?? source)
        let className = { label in classNames?[label - firstLabel] ?? "\(label)" }
        try rule.check(train.labels, held: 0, classes: classes, site, name: className)
        guard validation >= 0, validation < train.count else {
            let largest = ClassCounts.largestHoldout(train.labels, classes: classes) ?? 0
            throw Failure(
                call: "import", subject: source,
                message: "has \(train.count) images, which leaves none to train on with "
                    + "--validation \(validation); use at most \(largest)"
                    + (usual <= largest ? ", or leave --validation out for \(usual)" : ""),
                exitStatus: .usage)
        }
        try rule.check(train.labels, held: validation, classes: classes, site, name: className)
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
