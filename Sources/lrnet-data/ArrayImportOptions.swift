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
        if let shards, shards < 1 {
            throw ValidationError("--shards is \(shards); use 1 or more")
        }
        if validation < 0 {
            throw ValidationError("--validation is \(validation); use 0 or more")
        }
    }

    /// Runs an importer with a progress bar and prints what came of it.
    func run(
        _ importer: (_ name: String, _ progress: (Int, Int) -> Void) throws -> ShardIndex
    ) throws {
        let bar = LazyBar("importing", unit: "images")
        let index = try importer(folderName(output)) { bar.update(done: $0, total: $1) }
        bar.finish()
        print(summary(of: index, in: output))
    }
}
