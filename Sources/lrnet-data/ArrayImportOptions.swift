import ArgumentParser
import LRNetData
import LRNetSupport

/// The options that importers of whole arrays share.
struct ArrayImportOptions: ParsableArguments {
    @Option(help: "The folder of the shard set.")
    var output: String

    @Option(help: "The number of shards of the train split (default: one for 256 MiB).")
    var shards: Int?

    @Option(help: "The number of training images to hold out.")
    var validation = 5000

    func validate() throws {
        try checkRange("shards", shards, 1...shardCountLimit)
        try checkRange("validation", validation, 0...imageCountLimit)
    }

    /// Runs an importer with a progress bar and prints what came of it.
    func run(_ importer: some ArrayImporter) throws {
        var importer = importer
        importer.validation = validation
        importer.shards = shards
        let bar = LazyBar("importing", unit: "images")
        let index = try importer.run(output: output, name: folderName(output)) {
            bar.update(done: $0, total: $1)
        }
        bar.finish()
        print(summary(of: index, in: output))
    }
}
