/// The color of a mark: an entry of the palette, defined by its meaning instead of its value, so
/// that a page can be light, dark or printed.
package enum ChartColor: Sendable, Hashable {
    /// One of several items without an order, such as runs or methods.
    case series(Int)
    /// One of several items in order, such as layers, from 0 for the first to 1 for the last.
    case ordered(Double)
    /// An item for comparison, such as an expected curve or a reference.
    case neutral

    /// The colors of items without an order. The hues are distinguishable with all common kinds of
    /// color blindness (after Okabe and Ito), and their brightness contrasts with either
    /// background.
    static let series: [(light: String, dark: String)] = [
        ("#0072b2", "#56b4e9"), ("#c2540a", "#f0904f"), ("#00805e", "#2fc49c"),
        ("#a8448a", "#e59ccb"), ("#8a6a00", "#e6c84a"), ("#4b4b9f", "#a6a8f0"),
        ("#5f5e5a", "#c4c2bc"),
    ]

    /// The colors of items in order: viridis without its ends.
    static let ordered: [(light: String, dark: String)] = [
        ("#440154", "#c79bea"), ("#46388a", "#9aa2f5"), ("#33638d", "#66b8f2"),
        ("#23808a", "#43cfd0"), ("#1c9377", "#45d79b"), ("#449a3c", "#93de5c"),
        ("#7d9100", "#f2e24e"),
    ]

    /// The CSS class of the color.
    var name: String {
        switch self {
        case .series(let number): "s\(number % Self.series.count + 1)"
        case .ordered(let place):
            "o\(Int((min(max(place, 0), 1) * Double(Self.ordered.count - 1)).rounded()) + 1)"
        case .neutral: "s0"
        }
    }

    /// Returns the color of the item at `index` of `count` items in order.
    package static func ordered(_ index: Int, of count: Int) -> ChartColor {
        .ordered(count > 1 ? Double(index) / Double(count - 1) : 0.4)
    }
}
