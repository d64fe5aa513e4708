/// A chart with two axes: lines, bars between edges, and points.
package struct Chart: Panel {
    package struct Line: Sendable {
        /// The name, which is written at the curve's end unless it is empty.
        package var name: String
        /// The points, in order of x. Points that are not finite interrupt the line.
        package var points: [(x: Double, y: Double)]
        package var color: ChartColor
        package var isDashed = false
        /// True if the points are marked.
        package var hasPoints = false

        package init(
            _ name: String, _ points: [(x: Double, y: Double)], _ color: ChartColor,
            isDashed: Bool = false, hasPoints: Bool = false
        ) {
            self.name = name
            self.points = points
            self.color = color
            self.isDashed = isDashed
            self.hasPoints = hasPoints
        }
    }

    /// Bars between edges, starting at the lower end of the axis.
    package struct Bars: Sendable {
        /// The borders of the bars, one more than heights.
        package var edges: [Double]
        package var heights: [Double]
        package var color: ChartColor

        /// - Precondition: There is one more edge than heights.
        package init(edges: [Double], heights: [Double], _ color: ChartColor) {
            precondition(
                edges.count == heights.count + 1, "\(edges.count) edges, \(heights.count) bars")
            self.edges = edges
            self.heights = heights
            self.color = color
        }
    }

    /// Separate points, each drawn as a ring.
    package struct Points: Sendable {
        package var points: [(x: Double, y: Double)]
        package var color: ChartColor

        package init(_ points: [(x: Double, y: Double)], _ color: ChartColor) {
            self.points = points
            self.color = color
        }
    }

    package enum Mark: Sendable {
        case line(Line)
        case bars(Bars)
        case points(Points)
    }

    package var title: String
    package var summary: String
    /// The horizontal axis.
    package var x: Axis
    /// The vertical axis.
    package var y: Axis
    /// The marks, from back to front.
    package var marks: [Mark]
    package var size = (width: 360.0, height: 232.0)

    package init(title: String, summary: String, x: Axis, y: Axis, _ marks: [Mark]) {
        self.title = title
        self.summary = summary
        self.x = x
        self.y = y
        self.marks = marks
    }

    /// The bounds of the plot area.
    private var field: (left: Double, top: Double, right: Double, bottom: Double) {
        let ticks = y.ticks.map { textWidth(y.text($0)) }.max() ?? 0
        let names = directLabels.map { textWidth($0.name) + 22 }.max() ?? 8
        return (max(ticks + 8, 22), Self.top, size.width - max(names, 10), size.height - 38)
    }

    private func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        let field = field
        return (
            field.left + self.x.position(x) * (field.right - field.left),
            field.bottom - self.y.position(y) * (field.bottom - field.top)
        )
    }

    package func widened(to width: Double) -> (any Panel)? {
        var wide = self
        wide.size = (width, widenedHeight(width))
        return wide
    }

    package func draw() -> [Markup] {
        frame
            + marks.flatMap { mark in
                switch mark {
                case .line(let line): draw(line)
                case .bars(let bars): [draw(bars)]
                case .points(let points): draw(points)
                }
            }
            + directLabels.flatMap { label in
                [
                    Markup(
                        "path",
                        [
                            ("class", "line \(label.color.name)"),
                            ("d", "M\(coordinate(field.right + 5)) \(coordinate(label.y))h9"),
                        ]),
                    .label("direct", field.right + 18, label.y + 4, label.name),
                ]
            }
    }

    // MARK: Axes

    private var frame: [Markup] {
        let field = field
        var result: [Markup] = []
        for tick in y.ticks {
            let height = place(x.range.lowerBound, tick).y
            result.append(.rule("grid", field.left, height, field.right, height))
            result.append(.label("end", field.left - 6, height + 4, y.text(tick)))
        }
        result.append(.rule("axis", field.left, field.bottom, field.right, field.bottom))
        let places = x.ticks.map { place($0, y.range.lowerBound).x }
        // Numbers that would overlap are omitted at regular intervals.
        let room = zip(places.dropFirst(), places).map { $0 - $1 }.min() ?? .infinity
        let widest = x.ticks.map { textWidth(x.text($0)) }.max() ?? 0
        let every = max(Int(((widest + 6) / max(room, 1)).rounded(.up)), 1)
        for (number, left) in places.enumerated() {
            result.append(.rule("axis", left, field.bottom, left, field.bottom + 4))
            guard number % every == 0 else { continue }
            result.append(.label("middle", left, field.bottom + 17, x.text(x.ticks[number])))
        }
        result.append(.label("", 0, 29, y.label))
        result.append(
            .label("middle", (field.left + field.right) / 2, size.height - 4, x.label))
        return result
    }

    // MARK: Marks

    private func draw(_ line: Line) -> [Markup] {
        var path = ""
        var isOpen = false
        for point in line.points {
            guard point.x.isFinite && point.y.isFinite else {
                isOpen = false
                continue
            }
            let at = place(point.x, point.y)
            path += "\(isOpen ? "L" : "M")\(coordinate(at.x)) \(coordinate(at.y))"
            isOpen = true
        }
        guard !path.isEmpty else { return [] }
        let style = "line \(line.color.name)\(line.isDashed ? " dashed" : "")"
        var result = [Markup("path", [("class", style), ("d", path)])]
        if line.hasPoints || line.points.count == 1 {
            result += draw(Points(line.points, line.color))
        }
        return result
    }

    private func draw(_ bars: Bars) -> Markup {
        var path = ""
        let base = place(0, y.range.lowerBound).y
        for (number, height) in bars.heights.enumerated() where height.isFinite {
            let (left, top) = place(bars.edges[number], height)
            let right = place(bars.edges[number + 1], height).x
            // A gap of at most half a unit separates the bars.
            let gap = min((right - left) * 0.08, 0.5)
            guard top < base else { continue }
            path +=
                "M\(coordinate(left + gap)) \(coordinate(base))V\(coordinate(top))"
                + "H\(coordinate(right - gap))V\(coordinate(base))Z"
        }
        return Markup("path", [("class", "area \(bars.color.name)"), ("d", path)])
    }

    private func draw(_ points: Points) -> [Markup] {
        points.points.filter { $0.x.isFinite && $0.y.isFinite }.map { point in
            let at = place(point.x, point.y)
            return Markup(
                "circle",
                [
                    ("class", "ring \(points.color.name)"), ("cx", coordinate(at.x)),
                    ("cy", coordinate(at.y)), ("r", "2.6"),
                ])
        }
    }

    // MARK: Names at the curves' ends

    /// The top of the plot area, below the title and the label.
    private static let top = 42.0

    /// The smallest distance between two names.
    private static let labelHeight = 13.0

    /// The names and their heights, which are moved so that names do not overlap.
    private var directLabels: [(name: String, color: ChartColor, y: Double)] {
        let (top, bottom) = (Self.top, size.height - 38)
        var labels: [(name: String, color: ChartColor, y: Double)] = marks.compactMap { mark in
            guard case .line(let line) = mark, !line.name.isEmpty,
                let last = line.points.last(where: { $0.y.isFinite })
            else { return nil }
            return (line.name, line.color, bottom - y.position(last.y) * (bottom - top))
        }
        labels.sort { $0.y < $1.y }
        for index in labels.indices.dropFirst() {
            labels[index].y = max(labels[index].y, labels[index - 1].y + Self.labelHeight)
        }
        // Names that would be below the plot area move the others up.
        var limit = bottom
        for index in labels.indices.reversed() {
            labels[index].y = min(labels[index].y, limit)
            limit = labels[index].y - Self.labelHeight
        }
        return labels
    }
}
