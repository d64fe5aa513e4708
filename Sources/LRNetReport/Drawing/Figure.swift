/// A figure of the report: panels with a legend and a caption, or a line on what it would need.
package struct Figure: Sendable {
    /// Names the section and the files: `entropy`.
    package var name: String
    /// The heading.
    package var title: String
    /// What is shown and how it was computed.
    package var caption: String
    /// The pictures.
    package var panels: [any Panel]
    /// The meaning of colors that is not written at the curves.
    package var legend: [LegendEntry]
    /// Numbers that belong to the figure.
    package var table: Table?
    /// Panels that belong side by side in a wide window; `nil` for as many as fit.
    package var columns: Int?
    /// What would have to be there for the figure to be drawn; `nil` if it is.
    package var missing: String?

    /// A table: a header and rows of as many cells.
    package struct Table: Sendable {
        /// A column's name, and what its cells are: text begins at the left, numbers end at the right.
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

        /// The columns.
        package var header: [Column]
        /// The rows.
        package var rows: [[String]]

        /// Creates a table.
        package init(header: [Column], rows: [[String]]) {
            self.header = header
            self.rows = rows
        }
    }

    /// Creates a figure.
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

    /// All panels on one sheet, as the text of an SVG file.
    package var file: String { FigureSheet(figure: self).file }

    /// A figure that cannot be drawn.
    package static func missing(name: String, title: String, _ need: String) -> Figure {
        var figure = Figure(name: name, title: title, caption: "")
        figure.missing = need
        return figure
    }
}
