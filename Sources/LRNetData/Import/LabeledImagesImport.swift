import LRNetKernels
import LRNetSupport

/// The last part of every importer of arrays: training and test images in memory become a set,
/// whose validation split is the first training images.
struct LabeledImagesImport {
    /// What errors call the training images.
    var source: String

    /// What the set calls itself.
    var name: String

    /// The number of classes; labels are `0 ..< classes`.
    var classes: Int

    /// The classes' names, by label.
    var classNames: [String]?

    /// The number of training images that are held out; `nil` for a tenth of them but 5,000 at most.
    var validation: Int?

    /// The number of shards of the train split.
    var shards: Int?

    /// Writes the set.
    ///
    /// - Precondition: Images of train and test have one shape.
    /// - Throws: ``Failure`` (64) if nothing is left to train on; what ``ShardWriter`` throws.
    func write(
        train: LabeledImages, test: LabeledImages?, output: String, progress: (Int, Int) -> Void
    ) throws -> ShardIndex {
        let validation = validation ?? min(5000, train.count / 10)
        guard validation >= 0, validation < train.count else {
            throw Failure(
                call: "import", subject: source,
                message: "has \(train.count) images, which leaves none to train on with "
                    + "--validation \(validation); use at most \(max(train.count - 1, 0)), or "
                    + "leave --validation out for \(min(5000, train.count / 10))",
                exitStatus: .usage)
        }
        let total = train.count + (test?.count ?? 0)
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
        if validation > 0 { try add(.validation, train, 0..<validation) }
        if let test { try add(.test, test, 0..<test.count) }
        return try writer.finish()
    }
}
