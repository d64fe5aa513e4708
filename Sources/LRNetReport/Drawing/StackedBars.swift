/// Horizontal bars, each cut into parts: where a whole goes.
package struct StackedBars: Panel {
    /// One bar.
    package struct Bar: Sendable {
        /// The name, above the bar.
        package var name: String
        /// The parts in order, in the unit of the axis.
        package var parts: [Double]

        /// Creates a bar.
        package init(_ name: String, _ parts: [Double]) {
            self.name = name
            self.parts = parts
        }
    }

    package var title: String
    package var summary: String
    /// The axis of the parts' sum.
    package var axis: Axis
    /// The parts' colours.
    package var inks: [Ink]
    /// The bars.
    package var bars: [Bar]

    private static let barHeight = 18.0
    private static let barDistance = 42.0

    /// Creates bars.
    package init(title: String, summary: String, axis: Axis, inks: [Ink], _ bars: [Bar]) {
        self.title = title
        self.summary = summary
        self.axis = axis
        self.inks = inks
        self.bars = bars
    }

    package var size: (width: Double, height: Double) {
        (360, 62 + Self.barDistance * Double(bars.count))
    }

    package func draw() -> [Markup] {
        let (left, right, bottom) = (2.0, size.width - 14, size.height - 38)
        func place(_ value: Double) -> Double { left + axis.position(value) * (right - left) }
        func text(_ name: String, _ x: Double, _ y: Double, _ text: String) -> Markup {
            Markup(
                "text", [("class", name), ("x", coordinate(x)), ("y", coordinate(y))], text: text)
        }
        var result: [Markup] = []
        for tick in axis.ticks {
            result.append(
                Markup(
                    "line",
                    [
                        ("class", "grid"), ("x1", coordinate(place(tick))), ("y1", "24"),
                        ("x2", coordinate(place(tick))), ("y2", coordinate(bottom)),
                    ]))
            result.append(
                text(
                    tick == axis.ticks.first ? "" : "middle", place(tick), bottom + 15,
                    axis.text(tick)))
        }
        result.append(text("middle", (left + right) / 2, size.height - 4, axis.label))
        for (number, bar) in bars.enumerated() {
            let top = 24 + Self.barDistance * Double(number)
            result.append(text("direct", left, top + 13, bar.name))
            var sum = 0.0
            for (part, ink) in zip(bar.parts, inks) {
                let (start, end) = (place(sum), place(sum + part))
                sum += part
                // A gap of one unit between parts.
                guard end - start > 1.2 else { continue }
                result.append(
                    Markup(
                        "rect",
                        [
                            ("class", "fill \(ink.name)"), ("x", coordinate(start)),
                            ("y", coordinate(top + 18)), ("width", coordinate(end - start - 1)),
                            ("height", coordinate(Self.barHeight)), ("rx", "1.5"),
                        ]))
            }
        }
        return result
    }
}
