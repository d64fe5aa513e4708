import ArgumentParser
import LRNetData
import LRNetSupport

struct FetchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Download a data set, check its SHA-256 and import it.",
        discussion: """
            Sets: \(PublishedDataSet.all.map(\.name).joined(separator: ", ")). Downloads are kept in \
            OUTPUT.download until the set is written. Run the same command again to resume after \
            an interruption.
            """)

    @Argument(
        help: "Data set: \(PublishedDataSet.all.map(\.name).joined(separator: " or ")).",
        transform: { text in
            guard let set = PublishedDataSet.all.first(where: { $0.name == text }) else {
                let names = PublishedDataSet.all.map(\.name).joined(separator: " or ")
                throw ValidationError("use \(names)")
            }
            return set
        })
    var set: PublishedDataSet

    @Option(help: "Download MIRROR/FILE instead of from the official addresses.")
    var mirror: String?

    @OptionGroup var options: ArrayImportOptions

    func validate() throws {
        if let mirror, !mirror.hasPrefix("http://"), !mirror.hasPrefix("https://") {
            throw ValidationError("--mirror is \(mirror); use an http:// or https:// address")
        }
    }

    func run() throws {
        var current = ""
        var bar: ProgressBar?
        let index = try set.fetch(
            output: options.output, mirror: mirror, validation: options.validation,
            shards: options.shards
        ) { what, done, total in
            if what != current {
                bar?.finish()
                bar = ProgressBar(
                    what, total: total, unit: what == "importing" ? "images" : "bytes")
                current = what
            }
            bar?.update(done: done)
        }
        bar?.finish()
        Console.show(summary(of: index, in: options.output))
        Console.show(options.note(on: index))
    }
}
