/// A figure of the report: panels with a legend and a caption, or a line that says what it needs.
package struct Figure: Sendable {
    /// The name of the section and of the files, such as `entropy`.
    package var name: String
    /// The heading.
    package var title: String
    /// An explanation of what the figure shows and how it was computed.
    package var caption: String
    package var panels: [any Panel]
    /// The meanings of colors that are not written at the curves.
    package var legend: [LegendEntry]
    /// A table that belongs to the figure.
    package var table: Table?
    /// The number of panels per row in a wide window; `nil` for as many as fit.
    package var columns: Int?
    /// The reason that the figure cannot be drawn, such as missing input; `nil` if it can be drawn.
    package var missing: String?

    /// A table: a header and rows with the same number of cells.
    package struct Table: Sendable {
        /// The name and kind of a column. Text is aligned to the left and numbers to the right.
        package enum Column: Sendable {
            case text(String)
            case number(String)

            var name: String {
                switch self {
                case .text(let name), .number(let name): name
                }
            }

            var isText: Bool {
                if case .text = self { true } else { false }
            }
        }

        package var header: [Column]
        package var rows: [[String]]

        package init(header: [Column], rows: [[String]]) {
            self.header = header
            self.rows = rows
        }
    }

    package init(
        name: String, title: String, caption: String, panels: [any Panel] = [],
        legend: [LegendEntry] = [], table: Table? = nil, columns: Int? = nil
    ) {
        self.name = name
        self.title = title
        self.caption = caption
        self.panels = panels
        self.legend = legend
        self.table = table
        self.columns = columns
    }

    /// The text of an SVG file that contains all panels.
    package var file: String { FigureSheet(figure: self).file }

    /// Returns a figure that cannot be drawn because it needs other input.
    package static func missing(name: String, title: String, _ need: String) -> Figure {
        var figure = Figure(name: name, title: title, caption: "")
        figure.missing = need
        return figure
    }
}
