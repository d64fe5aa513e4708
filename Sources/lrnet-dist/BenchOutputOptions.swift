import ArgumentParser
import Foundation
import LRNetSupport

/// Options for printing a benchmark's report.
struct BenchOutputOptions: ParsableArguments {
    @Flag(help: "Print JSON instead of a table.")
    var json = false

    @Flag(help: "Print the table's rows as Markdown.")
    var markdown = false

    func validate() throws {
        if markdown && json {
            throw ValidationError("--markdown cannot be combined with --json; use one of them")
        }
    }

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
