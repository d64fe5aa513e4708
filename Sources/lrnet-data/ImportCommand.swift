import ArgumentParser
import LRNetData
import LRNetSupport

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Convert a data set to a folder for lrnet-dist.",
        subcommands: [
            ImportIDXCommand.self, ImportCIFARCommand.self, ImportImagesCommand.self,
            ImportNPZCommand.self, ImportNPYCommand.self,
        ])
}

struct ImportIDXCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idx",
        abstract: "Convert four IDX files, such as those of MNIST and EMNIST, plain or gzip.",
        discussion: """
            The largest training label determines the number of classes, unless --classes is \
            given. For EMNIST, add --transpose. For its letters, whose labels start at 1, also add \
            --first-label 1. The first --validation training images are held out as the validation \
            split. The --output folder must be empty or not exist; it appears when everything is \
            written.
            """)

    @Option(help: "File of training images (magic number 2051).")
    var trainImages: String

    @Option(help: "File of training labels (magic number 2049).")
    var trainLabels: String

    @Option(help: "File of test images.")
    var testImages: String

    @Option(help: "File of test labels.")
    var testLabels: String

    @Option(help: "Number of classes (default: from the largest training label).")
    var classes: Int?

    @Option(help: "Label of the first class.")
    var firstLabel = 0

    @Flag(help: "Swap rows and columns, because EMNIST stores its images transposed.")
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
