/// Renders a figure's panels as SVG: each panel separately for the page, or all on one sheet for a
/// file.
struct FigureSheet {
    let figure: Figure

    private static let gap = 24.0
    private static let width = 1160.0
    private static let legendHeight = 26.0

    /// Returns a panel as an element of a page that is at most `scale` times its size.
    static func inline(_ panel: any Panel, name: String, scale: Double) -> Markup {
        var svg = Markup(
            "svg",
            [
                ("class", "chart"),
                ("viewBox", "0 0 \(coordinate(panel.size.width)) \(coordinate(panel.size.height))"),
                ("role", "img"), ("aria-labelledby", "\(name)-title \(name)-summary"),
                ("style", "max-width:\(coordinate(panel.size.width * scale))px"),
            ])
        svg.append(Markup("title", [("id", "\(name)-title")], text: panel.title))
        svg.append(Markup("desc", [("id", "\(name)-summary")], text: panel.summary))
        svg.append(panel.titleText)
        svg.append(panel.draw())
        return svg
    }

    /// The text of an SVG file with the panels in rows that fit the sheet, below the legend.
    var file: String {
        var content: [Markup] = []
        var (x, y, rowHeight, width) = (
            0.0, figure.legend.isEmpty ? 0 : Self.legendHeight, 0.0, 0.0
        )
        for panel in figure.panels {
            if x > 0 && x + panel.size.width > Self.width {
                y += rowHeight + Self.gap
                (x, rowHeight) = (0, 0)
            }
            let place = "translate(\(coordinate(x)) \(coordinate(y)))"
            content.append(
                Markup("g", [("transform", place)], [panel.titleText] + panel.draw()))
            x += panel.size.width + Self.gap
            rowHeight = max(rowHeight, panel.size.height)
            width = max(width, x - Self.gap)
        }
        let entries = legend
        content += entries.marks
        width = max(width, entries.width)
        let margin = 12.0
        let box = [-margin, -margin, width + 2 * margin, y + rowHeight + 2 * margin]
        var svg = Markup(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"), ("class", "chart"),
                ("viewBox", box.map(coordinate).joined(separator: " ")),
                ("width", coordinate(box[2])), ("height", coordinate(box[3])), ("role", "img"),
                ("aria-labelledby", "title summary"),
            ])
        svg.append(Markup("title", [("id", "title")], text: figure.title))
        let summary = figure.panels.map { "\($0.title): \($0.summary)" }.joined(separator: " ")
        svg.append(Markup("desc", [("id", "summary")], text: summary))
        var style = Markup("style")
        style.append(raw: ChartStyle.colors + ChartStyle.marks)
        svg.append(style)
        svg.append(Markup.box("back", box[0], box[1], width: box[2], height: box[3]))
        svg.append(content)
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg.source
    }

    private var legend: (marks: [Markup], width: Double) {
        var (x, marks) = (0.0, [Markup]())
        for entry in figure.legend {
            marks.append(
                Markup(
                    "path",
                    [
                        (
                            "class",
                            "line \(entry.color.name)\(entry.isDashed ? " dashed" : "")"
                        ), ("d", "M\(coordinate(x)) 8h22"),
                    ]))
            marks.append(.label("direct", x + 28, 12, entry.name))
            x += 28 + textWidth(entry.name) + 18
        }
        return (marks, x)
    }
}
