import ArgumentParser
import LRNetData
import LRNetKernels
import LRNetSupport

/// `lrnet-data synthesize textures`.
struct SynthesizeTexturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "textures", abstract: "Makes coloured waves under noise, of any size.",
        discussion: "The same options give the same pictures on every machine.")

    @Option(help: "The folder of the shard set.")
    var output: String

    @Option(help: "Rows and columns of a picture.")
    var size = 32

    @Option(help: "The number of classes.")
    var classes = 10

    @Option(help: "The number of training pictures.")
    var train = 10_000

    @Option(help: "The number of validation pictures.")
    var validation = 1_000

    @Option(help: "The number of test pictures.")
    var test = 1_000

    @Option(help: "The seed.")
    var seed: UInt64 = 1

    func validate() throws {
        for (name, count) in [("train", train), ("validation", validation), ("test", test)] {
            try checkRange(name, count, 0...10_000_000)
        }
        try checkRange("size", size, 1...4096)
        try checkRange("classes", classes, 2...1000)
    }

    func run() throws {
        let shape = ImageShape(height: size, width: size, channels: 3)
        let bar = ProgressBar("drawing", total: train + validation + test, unit: "images")
        let index = try SyntheticTextures(seed: seed, shape: shape, classes: classes).write(
            output: output, name: folderName(output),
            counts: [(.train, train), (.validation, validation), (.test, test)]
        ) { bar.update(done: $0) }
        bar.finish()
        Console.show(summary(of: index, in: output))
    }
}
