/// What a mark is drawn with: a color of the palette by its meaning, never by its value, so that a
/// page can be light, dark or printed.
package enum ChartColor: Sendable, Hashable {
    /// One of several things without an order: runs, methods.
    case series(Int)
    /// One of several things in order, 0 for the first and 1 for the last: layers.
    case ordered(Double)
    /// A thing that stands beside the others: what is expected, a reference.
    case neutral

    /// Colors of things without an order. Hues keep apart for all common kinds of color blindness
    /// (after Okabe and Ito), in brightnesses that stand out from either background.
    static let series: [(light: String, dark: String)] = [
        ("#0072b2", "#56b4e9"), ("#c2540a", "#f0904f"), ("#00805e", "#2fc49c"),
        ("#a8448a", "#e59ccb"), ("#8a6a00", "#e6c84a"), ("#4b4b9f", "#a6a8f0"),
        ("#5f5e5a", "#c4c2bc"),
    ]

    /// Colors of things in order, after viridis without its ends.
    static let ordered: [(light: String, dark: String)] = [
        ("#440154", "#c79bea"), ("#46388a", "#9aa2f5"), ("#33638d", "#66b8f2"),
        ("#23808a", "#43cfd0"), ("#1c9377", "#45d79b"), ("#449a3c", "#93de5c"),
        ("#7d9100", "#f2e24e"),
    ]

    /// The class that gives a mark its color.
    var name: String {
        switch self {
        case .series(let number): "s\(number % Self.series.count + 1)"
        case .ordered(let place):
            "o\(Int((min(max(place, 0), 1) * Double(Self.ordered.count - 1)).rounded()) + 1)"
        case .neutral: "s0"
        }
    }

    /// The ink of number `index` of `count` things in order.
    package static func ordered(_ index: Int, of count: Int) -> ChartColor {
        .ordered(count > 1 ? Double(index) / Double(count - 1) : 0.4)
    }
}
