import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetData
import LRNetSupport

struct ImportImagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images",
        abstract: "Convert folders of JPEG and PNG files, such as ImageNet.",
        discussion: """
            Without --list, each subfolder of --train is one class. A list has a path and a label \
            (from 0) per line. The format of a file is detected from its content, not from its \
            name. Gray, CMYK and rotated (Exif) images are converted to upright RGB, and \
            transparent pixels become white.

            By default, images are stored as JPEG files whose shorter side is at most \
            --shorter-side. Smaller upright JPEG files are stored unchanged. With --raw, images \
            are stored as pixels of one size; other sizes are scaled to cover it and cropped \
            evenly.

            Run the same command again to resume after an interruption. It produces the same \
            bytes with any number of workers. Under mpirun or srun, the ranks share the work; all \
            hosts must share the folders.
            """)

    @Option(help: "Folder of training images.")
    var train: String

    @Option(help: "Folder of test images.")
    var test: String?

    @Option(help: "A list of the training images, with paths relative to --train.")
    var list: String?

    @Option(help: "A list of the test images, with paths relative to --test.")
    var testList: String?

    @Option(help: "Folder of the new data set.")
    var output: String

    @Option(help: "Number of training images to hold out, in proportion from each class.")
    var validation = 0

    @Option(help: "Number of shards in the train split (default: one per 4,096 images).")
    var shards: Int?

    @Option(
        help: "Store pixels of this size: HEIGHTxWIDTH.",
        transform: { text in
            let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard sides.count == 2, let height = sides[0], let width = sides[1],
                (1...4096).contains(height), (1...4096).contains(width)
            else { throw ValidationError("use HEIGHTxWIDTH, each 1 to 4096, such as 32x32") }
            return ImageStorage.raw(height: height, width: width)
        })
    var raw: ImageStorage?

    @Flag(help: "With --raw, store one channel, the brightness.")
    var gray = false

    @Option(help: "Reduce larger images to this shorter side (default: 256).")
    var shorterSide: Int?

    @Option(help: "Number of conversion threads in each process (default: one per core).")
    var workers: Int?

    @Option(help: "Leave out up to this many unreadable images.")
    var maxUnreadable = 0

    @Option(help: "Reject images with more pixels.")
    var maxPixels = ImageDecoder.defaultPixelLimit

    @Flag(help: "Follow symbolic links that lead out of the folders.")
    var followLinks = false

    func validate() throws {
        try checkRange("validation", validation, 0...imageCountLimit)
        try checkRange("shards", shards, 1...shardCountLimit)
        try checkRange("shorter-side", shorterSide, 16...4096)
        try checkRange("workers", workers, 1...1024)
        try checkRange("max-unreadable", maxUnreadable, 0...imageCountLimit)
        try checkRange("max-pixels", maxPixels, 1...10_000_000_000)
        if raw != nil && shorterSide != nil {
            throw ValidationError("--raw and --shorter-side cannot be combined")
        }
        if gray && raw == nil {
            throw ValidationError("--gray requires --raw, such as --raw 28x28")
        }
        if testList != nil && test == nil {
            throw ValidationError("--test-list requires --test, the folder of its images")
        }
    }

    mutating func run() throws {
        var importer = ImageImporter(train: ImageImporter.Source(folder: train, list: list))
        importer.test = test.map { ImageImporter.Source(folder: $0, list: testList) }
        importer.validation = validation
        if gray, case .raw(let height, let width, _) = raw {
            raw = .raw(height: height, width: width, channels: 1)
        }
        importer.storage =
            raw ?? shorterSide.map { .encoded(shorterSide: $0) } ?? importer.storage
        importer.shards = shards
        importer.maxUnreadable = maxUnreadable
        importer.maxPixels = maxPixels
        importer.followsLinks = followLinks
        ProcessGroups.run(as: "lrnet-data") { [importer] group in
            var importer = importer
            importer.workers = workers ?? Self.defaultWorkers(group)
            try makeSet(with: importer, group)
            return .success
        }
    }

    /// Returns one thread per core. Ranks on one host that are not bound to their own cores share
    /// the cores.
    private static func defaultWorkers(_ group: any ProcessGroup) -> Int {
        let host = group.hostNames[group.rank]
        let neighborCount = group.hostNames.count { $0 == host }
        let process = ProcessInfo.processInfo
        return max(1, min(process.activeProcessorCount, process.processorCount / neighborCount))
    }

    /// Imports the set. Rank 0 shows the progress and a summary of the result.
    private func makeSet(with importer: ImageImporter, _ group: any ProcessGroup) throws {
        let bar = group.isCoordinator ? DeferredProgressBar("importing", unit: "images") : nil
        let start = ContinuousClock.now
        let report = try importer.run(
            output: output, name: folderName(output), team: RankTeam(group: group)
        ) { done, total in
            bar?.update(done: done, total: total)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        guard let bar else { return }
        bar.finish()
        for line in (report.unreadable + report.leftOut).prefix(20) {
            LRNetDataTool.printError("left out: \(line)")
        }
        Console.show(summary(of: report.index, in: output))
        let processes = group.size > 1 ? "\(group.size) ranks of \(importer.workers) workers" : nil
        Console.show(notes(report, processes: processes, seconds: seconds))
    }

    private func notes(
        _ report: ImageImporter.Report, processes: String?, seconds: Double
    ) -> String {
        let count = report.index.splits.reduce(0) { $0 + $1.count }
        var notes = [
            "\(TextTable.grouped(report.resizedCount)) of \(TextTable.grouped(count)) were resized",
            String(format: "%.1f s, %.0f images/s", seconds, Double(count) / max(seconds, 1e-9)),
        ]
        if let processes { notes.append(processes) }
        if report.keptShardCount > 0 {
            notes.append("\(report.keptShardCount) shards kept from an interrupted import")
        }
        if !report.unreadable.isEmpty {
            notes.append(
                "\(report.unreadable.count) unreadable, listed in "
                    + "\(output)/\(ImageImporter.reportName)")
        }
        if !report.leftOut.isEmpty {
            notes.append(
                "\(report.leftOut.count) other names left out, listed in "
                    + "\(output)/\(ImageImporter.leftOutName)")
        }
        return notes.joined(separator: "; ")
    }
}
