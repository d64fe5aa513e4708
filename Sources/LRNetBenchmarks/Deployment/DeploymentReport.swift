internal import Foundation
package import LRNetDiagnostics
internal import LRNetKernels
internal import LRNetSupport

/// The results of the deployment benchmark, as JSON or as a table.
package struct DeploymentReport: Codable, Sendable {
    /// A layer or network in one arithmetic.
    package struct Row: Codable, Sendable {
        /// The layer or the network's input.
        package var group: String
        package var name: String
        /// The number of products of weights and activations.
        package var products: Int
        /// The median time of an image.
        package var seconds = 0.0

        /// 10^9 products per second.
        package var rate: Double { Double(products) / seconds / 1e9 }
    }

    /// The CPU.
    package var processor: ProcessorDescription
    package var versions: LibraryVersions
    /// The version of OpenBLAS, and the CPU core type that it chose kernels for.
    package var openblas: String
    package var threads: Int
    package var rows: [Row]

    init(threads: Int, rows: [Row]) {
        processor = .current()
        versions = LibraryVersions()
        let library = MatrixProduct.libraryDescription
        openblas = "\(library.configuration), core \(library.core)"
        self.threads = threads
        self.rows = rows
    }

    private var table: [[String]] {
        rows.map { row in
            let first = rows.first { $0.group == row.group }?.seconds ?? row.seconds
            return [
                row.group, row.name, String(format: "%.1f", 1e6 * row.seconds),
                String(format: "%.1f", row.rate), String(format: "%.2f", first / row.seconds),
            ]
        }
    }

    private static let header = ["layer", "arithmetic", "us", "10^9 products/s", "x first"]

    private var machine: String {
        "\(processor.model); \(openblas) (one thread); \(threads) threads for the others; "
            + "lrnet-dist \(versions.lrnetDist)"
    }

    /// A table for terminals.
    package var text: String {
        var table = TextTable(Self.header)
        for row in self.table { table.append(row) }
        return ([machine, ""] + table.lines).map { $0 + "\n" }.joined()
    }

    /// The table in Markdown.
    package var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let rule = ["---", "---", "---:", "---:", "---:"]
        return ([machine, "", line(Self.header), line(rule)] + table.map(line))
            .map { $0 + "\n" }.joined()
    }
}
