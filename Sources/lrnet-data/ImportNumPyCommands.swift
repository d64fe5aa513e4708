import ArgumentParser
import LRNetData
import LRNetSupport

/// `lrnet-data import npz`.
struct ImportNPZCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "npz",
        abstract: "Converts arrays of NumPy's .npz archives.",
        discussion: """
            Images are uint8 [N, H, W], [N, H, W, C] or, with --layout nchw, [N, C, H, W]; labels \
            whole numbers [N]. Arrays are found by the names of Keras (x_train, y_train, x_val, ...) \
            or MedMNIST (train_images, train_labels, val_images, ...), or named by the options; a \
            set without test images has --test-images ''. Arrays of Python objects are refused, \
            nothing is unpickled.
            """)

    @Argument(help: "The archive.")
    var file: String

    @Option(help: "The array of training images.")
    var trainImages: String?

    @Option(help: "The array of training labels.")
    var trainLabels: String?

    @Option(help: "The array of validation images; with it none are held out.")
    var validationImages: String?

    @Option(help: "The array of validation labels.")
    var validationLabels: String?

    @Option(help: "The array of test images.")
    var testImages: String?

    @Option(help: "The array of test labels.")
    var testLabels: String?

    @OptionGroup var arrays: NumPyOptions
    @OptionGroup var options: ArrayImportOptions

    func run() throws {
        var importer = try NumPyImporter(
            archive: file, train: (trainImages, trainLabels),
            validation: (validationImages, validationLabels), test: (testImages, testLabels))
        arrays.apply(to: &importer)
        try options.run(importer)
        if !importer.leftOut.isEmpty {
            LRNetDataTool.complain(
                "left out: \(file): \(importer.leftOut.joined(separator: ", "))")
        }
    }
}

/// `lrnet-data import npy`.
struct ImportNPYCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "npy",
        abstract: "Converts NumPy's .npy files.",
        discussion: """
            Images are uint8 [N, H, W], [N, H, W, C] or, with --layout nchw, [N, C, H, W]; labels \
            whole numbers [N]. Arrays of Python objects are refused, nothing is unpickled.
            """)

    @Option(help: "The file of training images.")
    var trainImages: String

    @Option(help: "The file of training labels.")
    var trainLabels: String

    @Option(help: "The file of validation images; with it none are held out.")
    var validationImages: String?

    @Option(help: "The file of validation labels.")
    var validationLabels: String?

    @Option(help: "The file of test images.")
    var testImages: String?

    @Option(help: "The file of test labels.")
    var testLabels: String?

    @OptionGroup var arrays: NumPyOptions
    @OptionGroup var options: ArrayImportOptions

    func validate() throws {
        if (testImages == nil) != (testLabels == nil) {
            throw ValidationError("--test-images and --test-labels go together")
        }
        if (validationImages == nil) != (validationLabels == nil) {
            throw ValidationError("--validation-images and --validation-labels go together")
        }
    }

    func run() throws {
        func pair(
            _ images: String?, _ labels: String?
        ) -> (images: NumPyImporter.Location, labels: NumPyImporter.Location)? {
            guard let images, let labels else { return nil }
            return (NumPyImporter.Location(file: images), NumPyImporter.Location(file: labels))
        }
        var importer = NumPyImporter(
            trainImages: NumPyImporter.Location(file: trainImages),
            trainLabels: NumPyImporter.Location(file: trainLabels))
        importer.ownValidation = pair(validationImages, validationLabels)
        importer.test = pair(testImages, testLabels)
        arrays.apply(to: &importer)
        try options.run(importer)
    }
}
