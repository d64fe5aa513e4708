import ArgumentParser
package import LRNetData

extension ArrayLayout: ExpressibleByArgument {}

/// The options that importers of NumPy's arrays share.
struct NumPyOptions: ParsableArguments {
    @Option(help: "The order of four extents, where it may be either: nhwc or nchw.")
    var layout: ArrayLayout?

    @Option(help: "The label of the first class.")
    var firstLabel = 0

    func validate() throws {
        try checkRange("first-label", firstLabel, -1_000_000...1_000_000)
    }

    /// Applies them.
    func apply(to importer: inout NumPyImporter) {
        importer.layout = layout
        importer.firstLabel = firstLabel
        importer.warn = { LRNetDataTool.complain("warning: \($0)") }
    }
}
