import ArgumentParser
import LRNetData
import LRNetKernels
import LRNetSupport

struct SynthesizeTexturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "textures", abstract: "Draw colored waves with noise, in any size.",
        discussion: "The same options give the same images on every machine.")

    @Option(help: "Folder of the new data set.")
    var output: String

    @Option(help: "Height and width of an image in pixels.")
    var size = 32

    @Option(help: "Number of classes.")
    var classes = 10

    @Option(help: "Number of training images.")
    var train = 10_000

    @Option(help: "Number of validation images.")
    var validation = 1_000

    @Option(help: "Number of test images.")
    var test = 1_000

    @Option(help: "Seed.")
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
