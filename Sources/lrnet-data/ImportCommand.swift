import ArgumentParser
import LRNetData
import LRNetSupport

/// `lrnet-data import`.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Converts a data set to shards.",
        subcommands: [
            ImportIDXCommand.self, ImportCIFARCommand.self, ImportPicturesCommand.self,
            ImportNPZCommand.self, ImportNPYCommand.self,
        ])
}

/// `lrnet-data import idx`.
struct ImportIDXCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idx", abstract: "Converts MNIST's four files, plain or gzip.",
        discussion: """
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

    @OptionGroup var options: ArrayImportOptions

    func run() throws {
        try options.run(
            IDXImporter(
                trainImages: trainImages, trainLabels: trainLabels, testImages: testImages,
                testLabels: testLabels))
    }
}
