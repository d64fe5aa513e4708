import ArgumentParser
import Foundation
import LRNetCollectives
import LRNetData
import LRNetSupport

/// `lrnet-data import images`.
struct ImportImagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images",
        abstract: "Converts folders of JPEG and PNG files, such as ImageNet's.",
        discussion: """
            A tree has one folder a class; a list has a path and a label (from 0) a line. The \
            content decides what a file is, never its name; gray, CMYK and turned (Exif) pictures \
            become upright red, green and blue, and what is transparent lies on white.

            By default pictures are stored as JPEG files whose shorter side is at most \
            --shorter-side; smaller upright JPEG files are kept as they are. With --raw they are \
            stored as pixels of one size: other sizes are scaled to cover it and cut evenly.

            The same command goes on after an interruption, and gives the same bytes with any \
            number of workers. Under mpirun or srun the ranks share the work, on hosts that share \
            the folders.
            """)

    @Option(help: "The folder of training pictures.")
    var train: String

    @Option(help: "The folder of test pictures.")
    var test: String?

    @Option(help: "A list of the training pictures; its paths start from --train.")
    var list: String?

    @Option(help: "A list of the test pictures; its paths start from --test.")
    var testList: String?

    @Option(help: "The folder of the shard set.")
    var output: String

    @Option(help: "The number of training pictures to hold out, each class in proportion.")
    var validation = 0

    @Option(help: "The number of shards of the train split (default: one for 4,096 pictures).")
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

    @Flag(help: "With --raw: store one channel, the brightness.")
    var gray = false

    @Option(help: "Reduce larger pictures to this shorter side (default: 256).")
    var shorterSide: Int?

    @Option(help: "Threads of each process that convert pictures (default: one a core).")
    var workers: Int?

    @Option(help: "Leave out up to this many unreadable pictures.")
    var maxUnreadable = 0

    @Option(help: "Refuse pictures of more pixels.")
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
            throw ValidationError("--raw and --shorter-side exclude each other")
        }
        if gray && raw == nil {
            throw ValidationError("--gray requires --raw, such as --raw 28x28")
        }
        if testList != nil && test == nil {
            throw ValidationError("--test-list needs --test, the folder that its paths start from")
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

    /// One thread a core, but ranks of one host that are not bound to cores of their own share them.
    private static func defaultWorkers(_ group: any ProcessGroup) -> Int {
        let host = group.hostNames[group.rank]
        let neighborCount = group.hostNames.count { $0 == host }
        let process = ProcessInfo.processInfo
        return max(1, min(process.activeProcessorCount, process.processorCount / neighborCount))
    }

    /// Imports; rank 0 shows how far it is and what came of it.
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
            LRNetDataTool.complain("left out: \(line)")
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
