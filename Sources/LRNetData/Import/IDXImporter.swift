import LRNetKernels
import LRNetSupport

/// Turns four IDX files (MNIST, Fashion-MNIST and their relatives) into a shard set.
///
/// The first ``validation`` training images are held out as the validation split, as TensorFlow's
/// `read_data_sets` does, which the authors of LR-nets used.
package struct IDXImporter: ArrayImporter, Sendable {
    /// The file of training images; each of the four may be plain or gzip.
    package var trainImages: String

    /// The file of training labels.
    package var trainLabels: String

    /// The file of test images.
    package var testImages: String

    /// The file of test labels.
    package var testLabels: String

    /// The number of training images that are held out; 0 for no validation split, `nil` for a tenth of
    /// them but 5,000 at most.
    package var validation: Int?

    /// The number of shards of the train split; by default one for 256 MiB.
    package var shards: Int?

    /// The number of classes; `nil` for as many as training labels ask for.
    package var classes: Int?

    /// The label of class 0; EMNIST's letters count from 1.
    package var firstLabel = 0

    /// Rows and columns are exchanged, as EMNIST stores its images.
    package var isTransposed = false

    /// Names the four files.
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
    ///   - name: What the set calls itself.
    ///   - progress: Called with (samples written so far, samples in all).
    /// - Throws: ``Failure`` (65) for a file that is not exactly IDX, counts that disagree or a
    ///   label that is no class, (64) if nothing is left to train on; ``Failure`` (66, 74)
    ///   for missing files and failed writes. No folder is left behind.
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
                "images of \(test.shape), but those of \(trainImages) are \(train.shape); name files "
                    + "that belong together")
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
                "\(labels.values.count) labels, but \(images.path) has \(images.count) images; name "
                    + "files that belong together")
        }
        return LabeledImages(
            shape: images.shape, pixels: images.pixels,
            labels: try rule.numbers(
                labels.values.map { Int($0) }, FailureSite("IDX", labels.path)))
    }
}
