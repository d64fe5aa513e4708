import ArgumentParser
import LRNetData
import LRNetSupport

/// The options shared by the importers of arrays.
struct ArrayImportOptions: ParsableArguments {
    @Option(help: "Folder of the new data set.")
    var output: String

    @Option(help: "Number of shards in the train split (default: one per 256 MiB).")
    var shards: Int?

    @Option(
        help: """
            The number of training images to hold out (default: a tenth of them, at most 5,000).
            """)
    var validation: Int?

    func validate() throws {
        try checkRange("shards", shards, 1...shardCountLimit)
        try checkRange("validation", validation, 0...imageCountLimit)
    }

    /// Returns a line on the validation split: `validation: the first 5,000 of 60,000 training
    /// images`.
    func note(on index: ShardIndex, hasOwnValidation: Bool = false) -> String {
        func count(_ split: DataSplit) -> Int {
            index.splits.first { $0.name == split }?.count ?? 0
        }
        if hasOwnValidation { return "validation: the source's own validation images" }
        let held = count(.validation)
        let whole = TextTable.grouped(held + count(.train))
        let hint = validation == nil ? "; use --validation N to hold out another number" : ""
        return held == 0
            ? "validation: none of \(whole) training images\(hint)"
            : "validation: the first \(TextTable.grouped(held)) of \(whole) training images\(hint)"
    }

    /// Runs an importer with a progress bar and prints a summary of the result.
    func run(_ importer: some ArrayImporter) throws {
        var importer = importer
        importer.validation = validation
        importer.shards = shards
        let bar = DeferredProgressBar("importing", unit: "images")
        let index = try importer.run(output: output, name: folderName(output)) {
            bar.update(done: $0, total: $1)
        }
        bar.finish()
        Console.show(summary(of: index, in: output))
        Console.show(note(on: index, hasOwnValidation: importer.hasOwnValidation))
    }
}
