import ArgumentParser
import Foundation
import LRNetData
import LRNetKernels
import LRNetSupport

struct DescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Show the contents of a data set.")

    @Argument(help: "Data set folder.")
    var directory: String

    @Flag(help: "Show some images in the terminal.")
    var preview = false

    @Option(help: "Write a sheet of images to this file in PGM format.")
    var picture: String?

    @Option(help: "Number of images on the sheet.")
    var pictureCount = 200

    @Option(help: "Split shown by --preview and --picture.")
    var split = DataSplit.train

    func validate() throws {
        try checkRange("picture-count", pictureCount, 1...10_000)
    }

    func run() throws {
        if let picture { try OutputPath("--picture", picture).check(.pgm) }
        let set = try ShardSet(directory: directory)
        let index = set.index
        try Console.print("\(index.name): \(kind(of: index)) in \(set.classes) classes")
        try Console.print("mean         \(numbers(index.mean))")
        try Console.print("deviation    \(numbers(index.deviation))")
        try Console.print("fingerprint  \(set.fingerprint)\n")
        try Console.print(splitTable(index).text)
        try Console.print(classTable(set).text, terminator: "")
        if preview { try show(set) }
        if let picture {
            let reader = try ShardReader(set: set, split: split)
            let count = min(pictureCount, reader.count)
            let images = try reader.read(samples: Array(0..<count))
            try AtomicFile.write(ContactSheet.pgm(images, columns: 20), to: picture)
            try Console.print("\n\(picture): the first \(count) images of \(split)")
        }
    }

    private func splitTable(_ index: ShardIndex) -> TextTable {
        var table = TextTable(["split", "images", "shards", "bytes"])
        for split in index.splits {
            table.append([
                split.name.rawValue, TextTable.grouped(split.count), "\(split.shards.count)",
                TextTable.grouped(split.shards.reduce(0) { $0 + $1.byteCount }),
            ])
        }
        return table
    }

    private func classTable(_ set: ShardSet) throws -> TextTable {
        let splits = set.index.splits.map(\.name)
        var table = TextTable(["class"] + splits.map(\.rawValue))
        let counts = try splits.map { split in
            try ShardReader(set: set, split: split).classCounts()
        }
        for number in 0..<set.classes {
            table.append(
                [set.index.className(number)] + counts.map { TextTable.grouped($0[number]) })
        }
        return table
    }

    private func show(_ set: ShardSet) throws {
        let reader = try ShardReader(set: set, split: split)
        let perLine = max(1, 100 / (set.shape.width + 1))
        for line in 0..<3 {
            let samples = line * perLine..<min((line + 1) * perLine, reader.count)
            if samples.isEmpty { return }
            let images = try reader.read(samples: Array(samples))
            let isTerminal = isatty(STDOUT_FILENO) == 1
            let lines =
                isTerminal
                ? ContactSheet.terminalLines(images) : ContactSheet.plainLines(images)
            try Console.print("\n" + lines.joined(separator: "\n"))
        }
    }

    private func numbers(_ values: [Double]) -> String {
        values.map { String(format: "%.4f", $0) }.joined(separator: " ")
    }
}
