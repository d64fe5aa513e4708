/// A chart with two axes: lines, bars between edges, and points.
package struct Chart: Panel {
    /// A curve.
    package struct Line: Sendable {
        /// The name; written at the curve's end unless empty.
        package var name: String
        /// The points, in order of x; those that are no numbers interrupt the line.
        package var points: [(x: Double, y: Double)]
        /// The color.
        package var ink: ChartColor
        /// A second line of the same thing.
        package var isDashed = false
        /// Whether the points are shown.
        package var hasPoints = false

        /// Creates a curve.
        package init(
            _ name: String, _ points: [(x: Double, y: Double)], _ ink: ChartColor,
            isDashed: Bool = false, hasPoints: Bool = false
        ) {
            self.name = name
            self.points = points
            self.ink = ink
            self.isDashed = isDashed
            self.hasPoints = hasPoints
        }
    }

    /// Bars between edges, from the lower end of the axis up.
    package struct Bars: Sendable {
        /// One more than heights.
        package var edges: [Double]
        /// The heights.
        package var heights: [Double]
        /// The color.
        package var ink: ChartColor

        /// Creates bars.
        ///
        /// - Precondition: There is one edge more than there are heights.
        package init(edges: [Double], heights: [Double], _ ink: ChartColor) {
            precondition(
                edges.count == heights.count + 1, "\(edges.count) edges, \(heights.count) bars")
            self.edges = edges
            self.heights = heights
            self.ink = ink
        }
    }

    /// Single points, each a ring.
    package struct Points: Sendable {
        /// The points.
        package var points: [(x: Double, y: Double)]
        /// The color.
        package var ink: ChartColor

        /// Creates points.
        package init(_ points: [(x: Double, y: Double)], _ ink: ChartColor) {
            self.points = points
            self.ink = ink
        }
    }

    /// What is drawn, one over the other.
    package enum Mark: Sendable {
        /// A curve.
        case line(Line)
        /// Bars.
        case bars(Bars)
        /// Points.
        case points(Points)
    }

    package var title: String
    package var summary: String
    /// The horizontal axis.
    package var x: Axis
    /// The vertical axis.
    package var y: Axis
    /// What is drawn.
    package var marks: [Mark]
    package var size = (width: 360.0, height: 232.0)

    /// Creates a chart.
    package init(title: String, summary: String, x: Axis, y: Axis, _ marks: [Mark]) {
        self.title = title
        self.summary = summary
        self.x = x
        self.y = y
        self.marks = marks
    }

    /// Where the axes' field lies.
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
                            ("class", "line \(label.ink.name)"),
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
        // Numbers that would overlap are left out, evenly.
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
        let style = "line \(line.ink.name)\(line.isDashed ? " dashed" : "")"
        var result = [Markup("path", [("class", style), ("d", path)])]
        if line.hasPoints || line.points.count == 1 {
            result += draw(Points(line.points, line.ink))
        }
        return result
    }

    private func draw(_ bars: Bars) -> Markup {
        var path = ""
        let base = place(0, y.range.lowerBound).y
        for (number, height) in bars.heights.enumerated() where height.isFinite {
            let (left, top) = place(bars.edges[number], height)
            let right = place(bars.edges[number + 1], height).x
            // A gap of at most half a unit keeps bars apart.
            let gap = min((right - left) * 0.08, 0.5)
            guard top < base else { continue }
            path +=
                "M\(coordinate(left + gap)) \(coordinate(base))V\(coordinate(top))"
                + "H\(coordinate(right - gap))V\(coordinate(base))Z"
        }
        return Markup("path", [("class", "area \(bars.ink.name)"), ("d", path)])
    }

    private func draw(_ points: Points) -> [Markup] {
        points.points.filter { $0.x.isFinite && $0.y.isFinite }.map { point in
            let at = place(point.x, point.y)
            return Markup(
                "circle",
                [
                    ("class", "ring \(points.ink.name)"), ("cx", coordinate(at.x)),
                    ("cy", coordinate(at.y)), ("r", "2.6"),
                ])
        }
    }

    // MARK: Names at the curves' ends

    /// Where the field begins, below title and label.
    private static let top = 42.0

    /// The least distance of two names.
    private static let labelHeight = 13.0

    /// Names with their heights, pushed apart where they would overlap.
    private var directLabels: [(name: String, ink: ChartColor, y: Double)] {
        let (top, bottom) = (Self.top, size.height - 38)
        var labels: [(name: String, ink: ChartColor, y: Double)] = marks.compactMap { mark in
            guard case .line(let line) = mark, !line.name.isEmpty,
                let last = line.points.last(where: { $0.y.isFinite })
            else { return nil }
            return (line.name, line.ink, bottom - y.position(last.y) * (bottom - top))
        }
        labels.sort { $0.y < $1.y }
        for index in labels.indices.dropFirst() {
            labels[index].y = max(labels[index].y, labels[index - 1].y + Self.labelHeight)
        }
        // What was pushed out at the bottom pushes the others up again.
        var limit = bottom
        for index in labels.indices.reversed() {
            labels[index].y = min(labels[index].y, limit)
            limit = labels[index].y - Self.labelHeight
        }
        return labels
    }
}
