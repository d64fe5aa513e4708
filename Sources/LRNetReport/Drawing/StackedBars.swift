/// Horizontal bars that are divided into parts.
package struct StackedBars: Panel {
    package struct Bar: Sendable {
        /// The name, which is written above the bar.
        package var name: String
        /// The parts in order, in the unit of the axis.
        package var parts: [Double]

        package init(_ name: String, _ parts: [Double]) {
            self.name = name
            self.parts = parts
        }
    }

    package var title: String
    package var summary: String
    /// The axis of the sum of the parts.
    package var axis: Axis
    /// The colors of the parts.
    package var colors: [ChartColor]
    package var bars: [Bar]

    private static let barHeight = 18.0
    private static let barDistance = 42.0

    package init(
        title: String, summary: String, axis: Axis, inks colors: [ChartColor], _ bars: [Bar]
    ) {
        self.title = title
        self.summary = summary
        self.axis = axis
        self.colors = colors
        self.bars = bars
    }

    package var width = 360.0

    package var size: (width: Double, height: Double) {
        (width, 62 + Self.barDistance * Double(bars.count))
    }

    package func widened(to width: Double) -> (any Panel)? {
        var wide = self
        wide.width = width
        return wide
    }

    package func draw() -> [Markup] {
        let (left, right, bottom) = (2.0, size.width - 14, size.height - 38)
        func place(_ value: Double) -> Double { left + axis.position(value) * (right - left) }
        var result: [Markup] = []
        for tick in axis.ticks {
            result.append(.rule("grid", place(tick), 24, place(tick), bottom))
            result.append(
                .label(
                    tick == axis.ticks.first ? "" : "middle", place(tick), bottom + 15,
                    axis.text(tick)))
        }
        result.append(.label("middle", (left + right) / 2, size.height - 4, axis.label))
        for (number, bar) in bars.enumerated() {
            let top = 24 + Self.barDistance * Double(number)
            result.append(.label("direct", left, top + 13, bar.name))
            var sum = 0.0
            for (part, color) in zip(bar.parts, colors) {
                let (start, end) = (place(sum), place(sum + part))
                sum += part
                // A gap of one unit between parts.
                guard end - start > 1.2 else { continue }
                var box = Markup.box(
                    "fill \(color.name)", start, top + 18, width: end - start - 1,
                    height: Self.barHeight)
                box.set("rx", "1.5")
                result.append(box)
            }
        }
        return result
    }
}
