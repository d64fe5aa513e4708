import LRNetKernels
import LRNetSupport

/// Converts CIFAR-10 or CIFAR-100, in the binary or the Python version, to a shard set.
///
/// The first ``validation`` training images are held out as the validation split. The official
/// files mix the classes, so any consecutive images are a fair sample. CIFAR-100 uses its 100 fine
/// labels.
package struct CIFARImporter: ArrayImporter, Sendable {
    /// The downloaded archive (`cifar-10-binary.tar.gz`), or the unpacked folder.
    package var source: String

    /// The number of training images to hold out; 0 for no validation split, `nil` for a tenth of
    /// them but at most 5,000.
    package var validation: Int?

    /// The number of shards in the train split; by default one per 256 MiB.
    package var shards: Int?

    package init(source: String) {
        self.source = source
    }

    /// Reads the files and writes the set.
    ///
    /// A pickle that contains anything other than arrays is an error. No part of a pickle is ever
    /// executed.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - name: The name stored in the set.
    ///   - progress: Called with (samples written so far, total samples).
    /// - Throws: `Failure`: 65 for files that are not exactly one of the four versions, 64 if no
    ///   training image is left, 66 or 74 for missing files and failed writes. No folder remains
    ///   after a failure.
    @discardableResult
    package func run(
        output: String, name: String, progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> ShardIndex {
        let files = try CIFARSource(source)
        guard let format = files.format else {
            throw Failure(
                call: "CIFAR", subject: source,
                message: "contains neither data_batch_1(.bin) and test_batch(.bin) of CIFAR-10 nor "
                    + "train(.bin) and test(.bin) of CIFAR-100", exitStatus: .inputMissing)
        }
        func images(_ file: String) throws -> LabeledImages {
            try format.images(files.read(file), subject: files.subject(file))
        }
        var classNames: [String]?
        if files.has(format.namesFile) {
            classNames = try format.classNames(
                files.read(format.namesFile), subject: files.subject(format.namesFile))
        }
        var train = LabeledImages(shape: CIFARFormat.shape, pixels: [], labels: [])
        for file in format.trainFiles {
            let batch = try images(file)
            train.pixels += batch.pixels
            train.labels += batch.labels
        }
        return try LabeledImagesImport(
            source: source, name: name, classes: format.classes,
            classNames: classNames, validation: validation, shards: shards
        ).write(
            train: train, test: images(format.testFile), output: output, progress: progress)
    }
}
