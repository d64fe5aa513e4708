import ArgumentParser
import LRNetData
import LRNetSupport

struct ImportNPZCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "npz",
        abstract: "Convert arrays in NumPy's .npz archives.",
        discussion: """
            Images are uint8 [N, H, W], [N, H, W, C] or, with --layout nchw, [N, C, H, W]. Labels \
            are integers [N]. By default, arrays have the names used by Keras (x_train, y_train, \
            x_val, ...) or MedMNIST (train_images, train_labels, val_images, ...). For a set \
            without test images, use --test-images ''. Arrays of Python objects are rejected; \
            nothing is unpickled.
            """)

    @Argument(help: "Archive.")
    var file: String

    @Option(help: "Array of training images.")
    var trainImages: String?

    @Option(help: "Array of training labels.")
    var trainLabels: String?

    @Option(help: "Array of validation images; if given, none are held out.")
    var validationImages: String?

    @Option(help: "Array of validation labels.")
    var validationLabels: String?

    @Option(help: "Array of test images.")
    var testImages: String?

    @Option(help: "Array of test labels.")
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
            LRNetDataTool.printError(
                "left out: \(file): \(importer.leftOut.joined(separator: ", "))")
        }
    }
}

struct ImportNPYCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "npy",
        abstract: "Convert NumPy's .npy files.",
        discussion: """
            Images are uint8 [N, H, W], [N, H, W, C] or, with --layout nchw, [N, C, H, W]. Labels \
            are integers [N]. Arrays of Python objects are rejected; nothing is unpickled.
            """)

    @Option(help: "File of training images.")
    var trainImages: String

    @Option(help: "File of training labels.")
    var trainLabels: String

    @Option(help: "File of validation images; if given, none are held out.")
    var validationImages: String?

    @Option(help: "File of validation labels.")
    var validationLabels: String?

    @Option(help: "File of test images.")
    var testImages: String?

    @Option(help: "File of test labels.")
    var testLabels: String?

    @OptionGroup var arrays: NumPyOptions
    @OptionGroup var options: ArrayImportOptions

    func validate() throws {
        if (testImages == nil) != (testLabels == nil) {
            throw ValidationError("--test-images and --test-labels require each other")
        }
        if (validationImages == nil) != (validationLabels == nil) {
            throw ValidationError("--validation-images and --validation-labels require each other")
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
