import LRNetKernels
import LRNetSupport

/// Converts arrays saved by NumPy to a shard set. Images are uint8 `[N, H, W, C]`, `[N, C, H, W]`
/// or `[N, H, W]`; labels are of any integer type, `[N]` or `[N, 1]`.
///
/// The first ``validation`` training images are held out as the validation split.
package struct NumPyImporter: ArrayImporter, Sendable {
    /// The location of an array: a file, or an array in an archive.
    package struct Location: Sendable {
        /// A `.npy` file, or a `.npz` archive.
        package var file: String

        /// The array's name in an archive; `nil` for a `.npy` file.
        package var array: String?

        package init(file: String, array: String? = nil) {
            self.file = file
            self.array = array
        }
    }

    /// The images and labels of the train split.
    package var train: (images: Location, labels: Location)

    /// The images and labels of the test split, if there is one.
    package var test: (images: Location, labels: Location)?

    /// The images and labels of the validation split, if the source has them.
    package var ownValidation: (images: Location, labels: Location)?

    /// The number of training images to hold out; 0 for no validation split, `nil` for a tenth of
    /// them but at most 5,000. It must be `nil` together with ``ownValidation``.
    package var validation: Int?

    package var hasOwnValidation: Bool { ownValidation != nil }

    /// The order of four extents, required if it is ambiguous.
    package var layout: ArrayLayout?

    /// The label of class 0.
    package var firstLabel = 0

    /// The unused arrays of the archive.
    package private(set) var leftOut: [String] = []

    /// A function for warnings about valid but suspicious data:
    /// `x_train.npy: contains only 0 and 1`.
    package var warn: @Sendable (String) -> Void = { _ in }

    private var archives: [String: ZipArchive] = [:]

    /// The number of shards in the train split; by default one per 256 MiB.
    package var shards: Int?

    package init(trainImages: Location, trainLabels: Location) {
        train = (trainImages, trainLabels)
    }

    /// Creates an importer of an archive.
    ///
    /// An array without a given name has the name used by Keras or MedMNIST, whichever the archive
    /// follows. An empty name means that there is no array.
    ///
    /// - Throws: `Failure` (65) for a file that is not an archive, or an error of reading.
    package init(
        archive file: String, train: (images: String?, labels: String?),
        validation: (images: String?, labels: String?), test: (images: String?, labels: String?)
    ) throws {
        let archive = try ZipArchive(file)
        let names = archive.arrayNames
        let convention = ArrayConvention.find(in: names)
        func locations(
            _ given: (images: String?, labels: String?), _ standard: ArrayConvention.Pair
        ) -> (images: Location, labels: Location)? {
            let images = given.images ?? standard.images
            return images.isEmpty
                ? nil
                : (
                    Location(file: file, array: images),
                    Location(file: file, array: given.labels ?? standard.labels)
                )
        }
        guard let train = locations(train, convention.train) else {
            throw FailureSite("import", file).usage(
                "--train-images is empty; specify the array of training images")
        }
        self.train = train
        self.test = locations(test, convention.test)
        let isNamed = validation.images != nil || validation.labels != nil
        let standard = convention.validation
        if isNamed || names.contains(standard.images) && names.contains(standard.labels) {
            ownValidation = locations(validation, standard)
        }
        let used = [self.train, self.test, ownValidation].compactMap { $0 }
            .flatMap { [$0.images.array, $0.labels.array] }
        leftOut = names.filter { !used.contains($0) }
        archives[file] = archive
    }

    /// Reads the arrays and writes the set. The classes are `0 ...` the largest training label.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - name: The name stored in the set.
    ///   - progress: Called with (samples written so far, total samples).
    /// - Throws: `Failure`: 65 for arrays of another type, order or shape, and for arrays of
    ///   Python objects (nothing is unpickled); 64 if no training image is left; 66 for a missing
    ///   array; 66 or 74 for missing files and failed writes. No folder remains after a failure.
    @discardableResult
    package func run(
        output: String, name: String, progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> ShardIndex {
        if let own = ownValidation, let validation {
            throw FailureSite("import", own.images.subject).usage(
                "contains validation images, but --validation \(validation) would hold out "
                    + "training images; omit --validation, or add --validation-images ''")
        }
        var archives = archives
        var rule = ClassLabels(first: firstLabel)
        let train = try pair(self.train, .train, rule, &archives)
        if train.pixels.max() == 1 {
            warn(
                "\(self.train.images.subject): contains only 0 and 1 of 0...255, which is almost "
                    + "black; if 1 is white, save array * 255 instead, for training and test")
        }
        let classes = Int(train.labels.max() ?? 0) + 1
        rule.classes = classes
        func other(
            _ part: (images: Location, labels: Location)?, _ split: DataSplit
        ) throws -> LabeledImages? {
            guard let part else { return nil }
            let images = try pair(part, split, rule, &archives)
            guard images.shape == train.shape else {
                throw NumPyArray.site(part.images.subject).badData(
                    "has images of \(images.shape), but the training images are \(train.shape); "
                        + "save both in one shape")
            }
            return images
        }
        return try LabeledImagesImport(
            source: self.train.images.subject, labelSource: self.train.labels.subject, name: name,
            classes: classes, firstLabel: firstLabel, validation: validation, shards: shards
        ).write(
            train: train, validation: other(ownValidation, .validation), test: other(test, .test),
            output: output, progress: progress)
    }

    private func pair(
        _ part: (images: Location, labels: Location), _ split: DataSplit, _ rule: ClassLabels,
        _ archives: inout [String: ZipArchive]
    ) throws -> LabeledImages {
        let imageArray = try Self.array(part.images, &archives)
        if [3, 4].contains(imageArray.shape.count), imageArray.shape[0] == 0 {
            throw NumPyArray.site(imageArray.subject).badData(
                "has shape \(imageArray.shape), so it contains no images; "
                    + Self.remedy(split, isInArchive: part.images.array != nil))
        }
        let (shape, layout) = try shape(imageArray)
        let pixels = layout.interleaved(try imageArray.bytes(), shape)
        let count = imageArray.shape[0]
        let labelArray = try Self.array(part.labels, &archives)
        guard labelArray.shape == [count] || labelArray.shape == [count, 1] else {
            let isMarked = labelArray.shape.count == 2 && labelArray.shape[0] == count
            throw NumPyArray.site(labelArray.subject).badData(
                "has shape \(labelArray.shape), [\(count)] expected, one label per image"
                    + (isMarked ? "; save array.argmax(axis=1) if labels are one-hot" : ""))
        }
        let labels = try rule.numbers(
            labelArray.integers(), NumPyArray.site(labelArray.subject))
        return LabeledImages(shape: shape, pixels: pixels, labels: labels)
    }

    /// Returns the remedy for a split without images.
    private static func remedy(_ split: DataSplit, isInArchive: Bool) -> String {
        if split == .train { return "save the training images" }
        return isInArchive
            ? "add --\(split)-images '' to import without this split"
            : "omit --\(split)-images and --\(split)-labels to import without this split"
    }

    private func shape(_ array: NumPyArray) throws -> (ImageShape, ArrayLayout) {
        let extents = array.shape
        let site = NumPyArray.site(array.subject)
        guard extents.count == 3 || extents.count == 4, extents.allSatisfy({ $0 > 0 }) else {
            let side = extents.count == 2 ? Int(Double(extents[1]).squareRoot().rounded()) : 0
            let isSquare = side > 1 && side * side == extents.last
            throw site.badData(
                "has shape \(extents), [N, H, W] or [N, H, W, C] expected; "
                    + (isSquare
                        ? "save array.reshape(-1, \(side), \(side)) if the images have that size"
                        : "save it in that shape"))
        }
        guard extents.count == 4 else {
            return (ImageShape(height: extents[1], width: extents[2], channels: 1), .nhwc)
        }
        guard let layout = layout ?? ArrayLayout.unambiguous(extents) else {
            throw site.badData(ArrayLayout.ambiguityMessage(extents))
        }
        let shape = layout.shape(extents)
        guard shape.channels <= ArrayLayout.channelLimit else {
            throw site.badData(
                "has \(shape.channels) channels with --layout \(layout.rawValue), "
                    + "\(ArrayLayout.channelLimit) at most; is it the other layout?")
        }
        return (shape, layout)
    }

    private static func array(
        _ location: Location, _ archives: inout [String: ZipArchive]
    ) throws -> NumPyArray {
        guard let name = location.array else {
            return try NumPyArray(FileBytes.read(location.file)[...], subject: location.file)
        }
        let archive = try archives[location.file] ?? ZipArchive(location.file)
        archives[location.file] = archive
        guard let bytes = try archive.read("\(name).npy") else {
            let present = archive.arrayNames
            throw Failure(
                call: "zip", subject: location.file,
                message: "has no array \(name), only \(present.joined(separator: ", ")); "
                    + NumPyArrayNames(names: present).remedy,
                exitStatus: .inputMissing)
        }
        return try NumPyArray(bytes, subject: location.subject)
    }
}

extension NumPyImporter.Location {
    /// The name of the array in errors.
    var subject: String { array.map { "\(file) \($0)" } ?? file }
}
