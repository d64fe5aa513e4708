import ArgumentParser
import Foundation
import LRNetSupport

/// The options that say how a benchmark's report is printed.
struct BenchOutputOptions: ParsableArguments {
    @Flag(help: "Print JSON instead of a table.")
    var json = false

    @Flag(help: "Print the table's rows in Markdown.")
    var markdown = false

    func validate() throws {
        if markdown && json {
            throw ValidationError("--markdown and --json exclude each other")
        }
    }

    /// Prints a report.
    func print(_ report: some Encodable, text: String, markdown: String) throws {
        if json {
            try Self.printLine(report)
        } else {
            try Console.print(self.markdown ? markdown : text, terminator: "")
        }
    }

    /// Prints a report as one line of JSON.
    static func printLine(_ report: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try Console.print(String(decoding: encoder.encode(report), as: UTF8.self))
    }
}
