import ArgumentParser
import LRNetData
import LRNetSupport

struct SynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize", abstract: "Create a synthetic data set.",
        subcommands: [SynthesizeDigitsCommand.self, SynthesizeTexturesCommand.self])
}

struct SynthesizeDigitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digits", abstract: "Draw digits that look handwritten, 28x28 gray.",
        discussion: "The same seed and counts give the same images on every machine.")

    @Option(help: "Folder of the new data set.")
    var output: String

    @Option(help: "Number of training images.")
    var train = 12_000

    @Option(help: "Number of validation images.")
    var validation = 2_000

    @Option(help: "Number of test images.")
    var test = 2_000

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @Option(help: "Number of shards in the train split (default: one per 256 MiB).")
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
