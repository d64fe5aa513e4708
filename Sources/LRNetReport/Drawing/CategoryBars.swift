/// Vertical bars for categories, with the bars of several series side by side.
package struct CategoryBars: Panel {
    /// The bars of one series, one per category.
    package struct Group: Sendable {
        package var name: String
        /// The heights.
        package var values: [Double]
        package var color: ChartColor
        /// The confidence interval of each height; empty if there are none.
        package var intervals: [ClosedRange<Double>?]

        package init(
            _ name: String, _ values: [Double], _ color: ChartColor,
            intervals: [ClosedRange<Double>?] = []
        ) {
            self.name = name
            self.values = values
            self.color = color
            self.intervals = intervals
        }
    }

    package var title: String
    package var summary: String
    /// The names of the categories.
    package var categories: [String]
    /// The meaning of the categories, such as `class`.
    package var label: String
    /// The axis of the heights.
    package var axis: Axis
    package var groups: [Group]
    package var size = (width: 360.0, height: 232.0)

    package init(
        title: String, summary: String, categories: [String], label: String, axis: Axis,
        _ groups: [Group]
    ) {
        self.title = title
        self.summary = summary
        self.categories = categories
        self.label = label
        self.axis = axis
        self.groups = groups
    }

    package func widened(to width: Double) -> (any Panel)? {
        var wide = self
        wide.size = (width, widenedHeight(width))
        return wide
    }

    package func draw() -> [Markup] {
        let left = max((axis.ticks.map { textWidth(axis.text($0)) }.max() ?? 0) + 8, 22)
        let (top, right, bottom) = (42.0, size.width - 6, size.height - 38)
        func height(_ value: Double) -> Double { bottom - axis.position(value) * (bottom - top) }
        var result: [Markup] = []
        for tick in axis.ticks {
            let style = tick == axis.range.lowerBound ? "axis" : "grid"
            result.append(.rule(style, left, height(tick), right, height(tick)))
            result.append(.label("end", left - 6, height(tick) + 4, axis.text(tick)))
        }
        let step = (right - left) / Double(max(categories.count, 1))
        let width = min(step * 0.76 / Double(max(groups.count, 1)), 18)
        // Names that would overlap are omitted at regular intervals.
        let widest = categories.map(textWidth).max() ?? 0
        let every = max(Int(((widest + 6) / step).rounded(.up)), 1)
        for (number, category) in categories.enumerated() where number % every == 0 {
            result.append(
                .label("middle", left + (Double(number) + 0.5) * step, bottom + 16, category))
        }
        for (position, group) in groups.enumerated() {
            for (number, value) in group.values.enumerated() where value.isFinite {
                let middle = left + (Double(number) + 0.5) * step
                let start = middle + (Double(position) - Double(groups.count) / 2) * width
                let top = height(value)
                result.append(
                    .box(
                        "fill \(group.color.name)", start + 0.5, top, width: max(width - 1, 0.4),
                        height: max(bottom - top, 0)))
                // Intervals of narrow bars could not be distinguished.
                if width >= 6, number < group.intervals.count, let range = group.intervals[number] {
                    let center = start + width / 2
                    let (high, low) = (height(range.upperBound), height(range.lowerBound))
                    result.append(.rule("axis", center, low, center, high))
                    result.append(.rule("axis", center - 3, high, center + 3, high))
                }
            }
        }
        result.append(.label("", 0, 29, axis.label))
        result.append(.label("middle", (left + right) / 2, size.height - 4, label))
        return result
    }
}
