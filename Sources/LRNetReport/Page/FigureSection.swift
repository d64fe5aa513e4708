internal import LRNetSupport

/// A figure as a section of the page.
struct FigureSection {
    let figure: Figure
    /// The link to the folder of SVG files.
    let link: String

    /// The number of panels per row in a wide window.
    private var columns: Int {
        let count = figure.panels.count
        return min(count, figure.columns ?? ([2, 4].contains(count) ? 2 : 3))
    }

    /// The width of a panel for a wide window; `nil` if three or more panels fill a row.
    private var wideWidth: Double? { [1: 760, 2: 580][columns] }

    var markup: Markup {
        var section = Markup("section", [("id", figure.name)])
        section.append(Markup("h2", text: figure.title))
        if let missing = figure.missing {
            section.append(Markup("p", [("class", "missing")], text: missing))
            return section
        }
        var element = Markup("figure", [("class", figure.panels.count == 1 ? "one" : "")])
        if !figure.legend.isEmpty { element.append(Self.legend(figure.legend)) }
        element.append(panels)
        // Short captions have one column.
        let isLong = figure.caption.count > 260
        var caption = Markup("figcaption", [("class", isLong ? "" : "short")])
        caption.append(text: figure.caption + " ")
        caption.append(
            Markup(
                "a", [("href", PathText.link("\(link)/\(figure.name).svg"))], text: "Picture as SVG"
            ))
        if let table = figure.table {
            // A table with few columns fits below the caption, next to a single panel.
            let isAdjacent = columns == 1 && table.header.count <= 4
            if isAdjacent { caption.append(table.markup) }
            element.append(isAdjacent ? [caption] : [caption, table.markup])
        } else {
            element.append(caption)
        }
        section.append(element)
        return section
    }

    private var panels: Markup {
        let isSmall = figure.panels.allSatisfy { $0.size.width < 300 }
        let arrangement =
            switch columns {
            case 1: " one"
            case 2: " two"
            default: isSmall ? " small" : ""
            }
        var panels = Markup("div", [("class", "panels\(arrangement)")])
        for (number, panel) in figure.panels.enumerated() {
            let name = "\(figure.name)-\(number)"
            var box = Markup("div", [("class", "panel")])
            var narrow = FigureSheet.inline(panel, name: name, scale: columns < 3 ? 1.6 : 1.2)
            if let wideWidth, let widePanel = panel.widened(to: wideWidth) {
                narrow.set("class", "chart narrow")
                var wide = FigureSheet.inline(widePanel, name: "\(name)-wide", scale: 1.2)
                wide.set("class", "chart wide")
                box.append([narrow, wide])
            } else {
                box.append(narrow)
            }
            panels.append(box)
        }
        return panels
    }

    private static func legend(_ entries: [LegendEntry]) -> Markup {
        var list = Markup("ul", [("class", "legend")])
        for entry in entries {
            let style = "line \(entry.color.name)\(entry.isDashed ? " dashed" : "")"
            let swatch = Markup(
                "svg",
                [
                    ("class", "chart"), ("viewBox", "0 0 24 10"), ("width", "24"),
                    ("height", "10"), ("aria-hidden", "true"),
                ],
                [
                    Markup(
                        "path",
                        [("class", style), ("d", "M1 5h22"), ("style", "stroke-width:3.5")])
                ])
            list.append(Markup("li", [], [swatch, Markup("span", text: entry.name)]))
        }
        return list
    }
}

extension Figure.Table {
    /// The table as an element of a page, which scrolls if it is too wide.
    var markup: Markup {
        func style(_ column: Int) -> [(name: String, value: String)] {
            column < header.count && header[column].isText ? [("class", "text")] : []
        }
        let head = Markup(
            "tr", [],
            header.enumerated().map { number, column in
                Markup("th", [("scope", "col")] + style(number), text: column.name)
            })
        let body = rows.map { row in
            Markup(
                "tr", [],
                row.enumerated().map { number, cell in
                    guard number == 0 else { return Markup("td", style(number), text: cell) }
                    var name = Markup("th", [("scope", "row")] + style(0), text: cell)
                    if cell.count > 20 { name.set("class", "text long") }
                    return name
                })
        }
        return Markup(
            "div", [("class", "scroll"), ("tabindex", "0")],
            [Markup("table", [], [Markup("thead", [], [head]), Markup("tbody", [], body)])])
    }
}
