import ArgumentParser
import LRNetData
import LRNetSupport

/// `lrnet-data import`.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Converts a data set to shards.",
        subcommands: [ImportIDXCommand.self])
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

    @Option(help: "The folder of the shard set.")
    var output: String

    @Option(help: "The number of shards of the train split (default: one for 256 MiB).")
    var shards: Int?

    @Option(help: "The number of training images to hold out.")
    var validation = 5000

    func validate() throws {
        if let shards, shards < 1 {
            throw ValidationError("--shards is \(shards); use 1 or more")
        }
        if validation < 0 {
            throw ValidationError("--validation is \(validation); use 0 or more")
        }
    }

    func run() throws {
        var importer = IDXImporter(
            trainImages: trainImages, trainLabels: trainLabels, testImages: testImages,
            testLabels: testLabels)
        importer.validation = validation
        importer.shards = shards
        var bar: ProgressBar?
        let index = try importer.run(output: output, name: folderName(output)) { done, total in
            let current = bar ?? ProgressBar("importing", total: total, unit: "images")
            bar = current
            current.update(done: done)
        }
        bar?.finish()
        print(summary(of: index, in: output))
    }
}
