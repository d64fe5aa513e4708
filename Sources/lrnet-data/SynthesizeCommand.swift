import ArgumentParser
import LRNetData
import LRNetSupport

/// `lrnet-data synthesize`.
struct SynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize", abstract: "Makes a data set without any input.",
        subcommands: [SynthesizeDigitsCommand.self, SynthesizeTexturesCommand.self])
}

/// `lrnet-data synthesize digits`.
struct SynthesizeDigitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digits", abstract: "Draws digits that look handwritten, 28x28 gray.",
        discussion: "The same seed and counts give the same images on every machine.")

    @Option(help: "The folder of the shard set.")
    var output: String

    @Option(help: "The number of training images.")
    var train = 12_000

    @Option(help: "The number of validation images.")
    var validation = 2_000

    @Option(help: "The number of test images.")
    var test = 2_000

    @Option(help: "The seed.")
    var seed: UInt64 = 1

    @Option(help: "The number of shards of the train split (default: one for 256 MiB).")
    var shards: Int?

    func validate() throws {
        for (name, count) in [("train", train), ("validation", validation), ("test", test)] {
            try checkRange(name, count, 0...10_000_000)
        }
        try checkRange("shards", shards, 1...shardCountLimit)
    }

    func run() throws {
        let bar = ProgressBar("drawing", total: train + validation + test, unit: "images")
        let index = try SyntheticDigits(seed: seed).write(
            output: output, name: folderName(output), counts: (train, validation, test),
            shards: shards
        ) { done, _ in bar.update(done: done) }
        bar.finish()
        Console.show(summary(of: index, in: output))
    }
}
