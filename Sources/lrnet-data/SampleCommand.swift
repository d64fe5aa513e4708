import ArgumentParser
import LRNetData
import LRNetSupport

struct SampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Write a sheet of images with their labels.",
        discussion: "The images are spread evenly over the split and are the same every time.")

    @Argument(help: "Data set folder.")
    var directory: String

    @Option(help: "PNG file to write.")
    var output: String

    @Option(help: "Split to show.")
    var split = DataSplit.train

    @Option(help: "Number of images.")
    var count = 64

    @Option(help: "Number of images in a row.")
    var columns = 10

    func validate() throws {
        try checkRange("count", count, 1...10_000)
        try checkRange("columns", columns, 1...10_000)
    }

    func run() throws {
        try OutputPath("--output", output).check(.png)
        let set = try ShardSet(directory: directory)
        let reader = try ShardReader(set: set, split: split)
        let number = min(count, reader.count)
        guard number > 0 else {
            throw Failure(
                call: "sample", subject: directory, message: "the \(split) split is empty",
                exitStatus: .badData)
        }
        let cells = try (0..<number).map { position in
            let (image, label) = try reader.picture(position * reader.count / number)
            return SampleSheet.Cell(image: image, label: set.index.className(Int(label)))
        }
        try AtomicFile.write(SampleSheet.png(cells, columns: columns), to: output)
        Console.show(
            "\(output): \(number) of \(TextTable.grouped(reader.count)) images of \(split)")
    }
}
