import ArgumentParser
package import LRNetData

extension ArrayLayout: ExpressibleByArgument {}

/// The options shared by the importers of NumPy arrays.
struct NumPyOptions: ParsableArguments {
    @Option(help: "Order of four-dimensional arrays if it is ambiguous: nhwc or nchw.")
    var layout: ArrayLayout?

    @Option(help: "Label of the first class.")
    var firstLabel = 0

    func validate() throws {
        try checkRange("first-label", firstLabel, -1_000_000...1_000_000)
    }

    func apply(to importer: inout NumPyImporter) {
        importer.layout = layout
        importer.firstLabel = firstLabel
        importer.warn = { LRNetDataTool.printError("warning: \($0)") }
    }
}
