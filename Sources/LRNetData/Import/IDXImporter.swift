import LRNetKernels
import LRNetSupport

/// Converts four IDX files (MNIST, Fashion-MNIST and similar sets) to a shard set.
///
/// The first ``validation`` training images are held out as the validation split. TensorFlow's
/// `read_data_sets`, which the authors of LR-nets used, does the same.
package struct IDXImporter: ArrayImporter, Sendable {
    /// The file of training images. Each of the four files may be plain or gzip.
    package var trainImages: String

    package var trainLabels: String

    package var testImages: String

    package var testLabels: String

    /// The number of training images to hold out; 0 for no validation split, `nil` for a tenth of
    /// them but at most 5,000.
    package var validation: Int?

    /// The number of shards in the train split; by default one per 256 MiB.
    package var shards: Int?

    /// The number of classes; `nil` to derive it from the largest training label.
    package var classes: Int?

    /// The label of class 0. The labels of EMNIST's letters start at 1.
    package var firstLabel = 0

    /// True to swap rows and columns, because EMNIST stores its images transposed.
    package var isTransposed = false

    package init(
        trainImages: String, trainLabels: String, testImages: String, testLabels: String
    ) {
        self.trainImages = trainImages
        self.trainLabels = trainLabels
        self.testImages = testImages
        self.testLabels = testLabels
    }

    /// Reads the files and writes the set.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - name: The name stored in the set.
    ///   - progress: Called with (samples written so far, total samples).
    /// - Throws: `Failure`: 65 for a file that is not exactly IDX, counts that disagree or a
    ///   label that is not a class, 64 if no training image is left, 66 or 74 for missing files and
    ///   failed writes. No folder remains after a failure.
    @discardableResult
    package func run(
        output: String, name: String, progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> ShardIndex {
        var rule = ClassLabels(first: firstLabel, classes: classes)
        let train = try pair(images: trainImages, labels: trainLabels, rule)
        let classes = classes ?? Int(train.labels.max() ?? 0) + 1
        rule.classes = classes
        let test = try pair(images: testImages, labels: testLabels, rule)
        guard train.shape == test.shape else {
            throw FailureSite("IDX", testImages).badData(
                "has images of \(test.shape), but \(trainImages) has images of \(train.shape); "
                    + "choose files that belong together")
        }
        return try LabeledImagesImport(
            source: trainImages, labelSource: trainLabels, name: name, classes: classes,
            firstLabel: firstLabel, validation: validation, shards: shards
        ).write(train: train, test: test, output: output, progress: progress)
    }

    private func pair(
        images: String, labels: String, _ rule: ClassLabels
    ) throws -> LabeledImages {
        let stored = try IDXFile.images(images)
        let images = isTransposed ? stored.transposed : stored
        let labels = try IDXFile.labels(labels)
        guard images.count == labels.values.count else {
            throw FailureSite("IDX", labels.path).badData(
                "has \(labels.values.count) labels, but \(images.path) has \(images.count) images; "
                    + "choose files that belong together")
        }
        return LabeledImages(
            shape: images.shape, pixels: images.pixels,
            labels: try rule.numbers(
                labels.values.map { Int($0) }, FailureSite("IDX", labels.path)))
    }
}
