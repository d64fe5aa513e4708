import ArgumentParser
import LRNetData
import LRNetSupport

/// `lrnet-data import`.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Converts a data set to shards.",
        subcommands: [
            ImportIDXCommand.self, ImportCIFARCommand.self, ImportImagesCommand.self,
            ImportNPZCommand.self, ImportNPYCommand.self,
        ])
}

/// `lrnet-data import idx`.
struct ImportIDXCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idx",
        abstract: "Converts four files as MNIST and EMNIST have them, plain or gzip.",
        discussion: """
            There are as many classes as training labels ask for, unless --classes says more. For \
            EMNIST add --transpose, and for its letters, which count from 1, --first-label 1. \
            The first --validation training images are held out as the validation split. \
            The folder --output must not exist or be empty; it appears when all is written.
            """)

    @Option(help: "The file of training images (magic number 2051).")
    var trainImages: String

    @Option(help: "The file of training labels (magic number 2049).")
    var trainLabels: String

    @Option(help: "The file of test images.")
    var testImages: String

    @Option(help: "The file of test labels.")
    var testLabels: String

    @Option(help: "The number of classes (default: as many as the training labels have).")
    var classes: Int?

    @Option(help: "The label of the first class.")
    var firstLabel = 0

    @Flag(help: "Exchange rows and columns: EMNIST stores its images on their side.")
    var transpose = false

    @OptionGroup var options: ArrayImportOptions

    func validate() throws {
        try checkRange("classes", classes, 1...256)
        try checkRange("first-label", firstLabel, 0...255)
    }

    func run() throws {
        var importer = IDXImporter(
            trainImages: trainImages, trainLabels: trainLabels, testImages: testImages,
            testLabels: testLabels)
        importer.classes = classes
        importer.firstLabel = firstLabel
        importer.isTransposed = transpose
        try options.run(importer)
    }
}
