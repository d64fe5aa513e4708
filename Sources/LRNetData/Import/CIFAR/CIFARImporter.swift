import LRNetKernels
import LRNetSupport

/// Turns CIFAR-10 or CIFAR-100, in the binary or the python version, into a shard set.
///
/// The first ``validation`` training pictures are held out as the validation split; the official
/// files mix the classes, so that any run of pictures is a fair sample. CIFAR-100 gets its 100 fine
/// labels.
package struct CIFARImporter: ArrayImporter, Sendable {
    /// The archive as it was downloaded (`cifar-10-binary.tar.gz`), or the unpacked folder.
    package var source: String

    /// The number of training pictures that are held out; 0 for no validation split, `nil` for a tenth of
    /// them but 5,000 at most.
    package var validation: Int?

    /// The number of shards of the train split; by default one for 256 MiB.
    package var shards: Int?

    /// Names the source.
    package init(source: String) {
        self.source = source
    }

    /// Reads the files and writes the set.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - name: What the set calls itself.
    ///   - progress: Called with (samples written so far, samples in all).
    /// - Throws: ``Failure`` (65) for files that are not exactly one of the four versions, also
    ///   for a pickle that asks for anything else than arrays (nothing of it is executed), (64) if
    ///   nothing is left to train on; ``Failure`` (66, 74) for missing files and failed
    ///   writes. No folder is left behind.
    @discardableResult
    package func run(
        output: String, name: String, progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> ShardIndex {
        let files = try CIFARSource(source)
        guard let format = files.format else {
            throw Failure(
                call: "CIFAR", subject: source,
                message: "holds neither data_batch_1(.bin) and test_batch(.bin) of CIFAR-10 nor "
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
