import LRNetKernels
import LRNetSupport

/// Turns arrays that NumPy saved into a shard set: images uint8 `[N, H, W, C]` or `[N, H, W]`, labels
/// of any whole-number type `[N]` or `[N, 1]`.
///
/// The first ``validation`` training images are held out as the validation split.
public struct NumPyImporter: ArrayImporter, Sendable {
    /// Where an array is: a file, or an array in an archive.
    public struct Location: Sendable {
        /// A `.npy` file, or a `.npz` archive.
        public var file: String

        /// The array's name in an archive; `nil` for a `.npy` file.
        public var array: String?

        /// Names a file, or an array in an archive.
        public init(file: String, array: String? = nil) {
            self.file = file
            self.array = array
        }
    }

    /// The images and labels of the train split.
    public var train: (images: Location, labels: Location)

    /// The images and labels of the test split, if there is one.
    public var test: (images: Location, labels: Location)?

    /// The number of training images that are held out; 0 for no validation split, `nil` for a tenth of
    /// them but 5,000 at most.
    public var validation: Int?

    /// The number of shards of the train split; by default one for 256 MiB.
    public var shards: Int?

    /// Names the training arrays.
    public init(trainImages: Location, trainLabels: Location) {
        train = (trainImages, trainLabels)
    }

    /// Reads the arrays and writes the set; classes are `0 ...` the largest training label.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - name: What the set calls itself.
    ///   - progress: Called with (samples written so far, samples in all).
    /// - Throws: ``Failure`` (65) for arrays of another type, order or shape, also for arrays of
    ///   Python objects (nothing is unpickled), (64) if nothing is left to train on, (66) for a
    ///   missing array; ``Failure`` (66, 74) for missing files and failed writes. No folder is
    ///   left behind.
    @discardableResult
    public func run(
        output: String, name: String, progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> ShardIndex {
        var archives: [String: ZipArchive] = [:]
        let train = try pair(self.train.images, self.train.labels, classes: nil, &archives)
        let classes = Int(train.labels.max() ?? 0) + 1
        let test = try self.test.map { try pair($0.images, $0.labels, classes: classes, &archives) }
        if let test, test.shape != train.shape {
            throw NumPyArray.site(self.test?.images.subject ?? "").badData(
                "holds images of \(test.shape), but those of training are \(train.shape); save both "
                    + "in one shape")
        }
        return try LabeledImagesImport(
            source: self.train.images.subject, name: name, classes: classes,
            validation: validation, shards: shards
        ).write(train: train, test: test, output: output, progress: progress)
    }

    private func pair(
        _ images: Location, _ labels: Location, classes: Int?,
        _ archives: inout [String: ZipArchive]
    ) throws -> LabeledImages {
        let imageArray = try Self.array(images, &archives)
        let extents = imageArray.shape
        guard extents.count == 3 || extents.count == 4, extents.allSatisfy({ $0 > 0 }),
            extents.count == 3 || extents[3] <= 4096
        else {
            throw NumPyArray.site(imageArray.subject).badData(
                "has shape \(extents), [N, H, W] or [N, H, W, C] expected; reshape it")
        }
        let shape = ImageShape(
            height: extents[1], width: extents[2], channels: extents.count == 4 ? extents[3] : 1)
        guard shape.channels <= 16 else {
            throw NumPyArray.site(imageArray.subject).badData(
                "has \(shape.channels) channels, 16 at most; are they the last extent?")
        }
        let pixels = Array(try imageArray.bytes())
        let labelArray = try Self.array(labels, &archives)
        guard labelArray.shape == [extents[0]] || labelArray.shape == [extents[0], 1] else {
            throw NumPyArray.site(labelArray.subject).badData(
                "has shape \(labelArray.shape), [\(extents[0])] expected, one label an image")
        }
        let values = try labelArray.integers()
        let limit = classes ?? 1 << 20
        if let wrong = values.firstIndex(where: { $0 < 0 || $0 >= limit }) {
            throw NumPyArray.site(labelArray.subject).badData(
                "label \(values[wrong]) of sample \(wrong) is outside 0...\(limit - 1)"
                    + (classes == nil
                        ? "; number the classes from 0"
                        : ", the training labels' classes; correct it")
            )
        }
        return LabeledImages(shape: shape, pixels: pixels, labels: values.map { Int32($0) })
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
            let present = archive.names.map { $0.hasSuffix(".npy") ? String($0.dropLast(4)) : $0 }
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
    /// What errors call the array.
    var subject: String { array.map { "\(file) \($0)" } ?? file }
}
