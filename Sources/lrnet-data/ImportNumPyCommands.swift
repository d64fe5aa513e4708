import ArgumentParser
import LRNetData
import LRNetSupport

/// `lrnet-data import npz`.
struct ImportNPZCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "npz",
        abstract: "Converts arrays of NumPy's .npz archives.",
        discussion: """
            Images are uint8 [N, H, W] or [N, H, W, C], labels whole numbers [N]. The options name \
            the arrays; a set without test images has --test-images ''. Arrays of Python objects \
            are refused, nothing is unpickled.
            """)

    @Argument(help: "The archive.")
    var file: String

    @Option(help: "The array of training images.")
    var trainImages = "x_train"

    @Option(help: "The array of training labels.")
    var trainLabels = "y_train"

    @Option(help: "The array of test images.")
    var testImages = "x_test"

    @Option(help: "The array of test labels.")
    var testLabels = "y_test"

    @OptionGroup var options: ArrayImportOptions

    func run() throws {
        func location(_ array: String) -> NumPyImporter.Location {
            NumPyImporter.Location(file: file, array: array)
        }
        var importer = NumPyImporter(
            trainImages: location(trainImages), trainLabels: location(trainLabels))
        if !testImages.isEmpty { importer.test = (location(testImages), location(testLabels)) }
        try options.run(importer)
    }
}

/// `lrnet-data import npy`.
struct ImportNPYCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "npy",
        abstract: "Converts NumPy's .npy files.",
        discussion: """
            Images are uint8 [N, H, W] or [N, H, W, C], labels whole numbers [N]. Arrays of Python \
            objects are refused, nothing is unpickled.
            """)

    @Option(help: "The file of training images.")
    var trainImages: String

    @Option(help: "The file of training labels.")
    var trainLabels: String

    @Option(help: "The file of test images.")
    var testImages: String?

    @Option(help: "The file of test labels.")
    var testLabels: String?

    @OptionGroup var options: ArrayImportOptions

    func validate() throws {
        if (testImages == nil) != (testLabels == nil) {
            throw ValidationError("--test-images and --test-labels go together")
        }
    }

    func run() throws {
        var importer = NumPyImporter(
            trainImages: NumPyImporter.Location(file: trainImages),
            trainLabels: NumPyImporter.Location(file: trainLabels))
        if let testImages, let testLabels {
            importer.test = (
                NumPyImporter.Location(file: testImages), NumPyImporter.Location(file: testLabels)
            )
        }
        try options.run(importer)
    }
}
