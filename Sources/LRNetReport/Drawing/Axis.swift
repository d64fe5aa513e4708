internal import Foundation

/// One direction of a chart: its label, its range and how values become places.
package struct Axis: Sendable {
    /// How values are spread.
    package enum Kind: Sendable {
        /// Equal differences are equal distances.
        case linear
        /// Equal ratios are equal distances; values must be positive.
        case logarithmic
    }

    /// What is measured, with its unit.
    package let label: String
    /// The values at the ends.
    package let range: ClosedRange<Double>
    /// How values are spread.
    package let kind: Kind
    /// Values that have a tick.
    package let ticks: [Double]

    /// Creates an axis over exactly this range.
    package init(label: String, range: ClosedRange<Double>, kind: Kind = .linear, count: Int = 5) {
        self.label = label
        self.range = range
        self.kind = kind
        ticks =
            kind == .linear
            ? Ticks.linear(range, count: count) : Ticks.logarithmic(range)
    }

    /// Creates an axis with room for values; values that are no numbers are left out.
    ///
    /// - Parameters:
    ///   - includesZero: Whether a linear axis begins at 0 even if no value is near.
    ///   - kind: A logarithmic one becomes linear if not all values are positive.
    package init(
        label: String, fitting values: [Double], includesZero: Bool = false,
        kind: Kind = .linear, count: Int = 5
    ) {
        let finite = values.filter(\.isFinite)
        let low = finite.min() ?? 0
        let high = finite.max() ?? 1
        if kind == .logarithmic, low > 0 {
            // A little room, and at least a factor of two.
            let middle = (low * high).squareRoot()
            let ratio = max((high / low).squareRoot() * 1.08, 2.0.squareRoot())
            self.init(
                label: label, range: middle / ratio...middle * ratio, kind: .logarithmic)
            return
        }
        let isZero = includesZero && low == 0 && high == 0
        let bounds = isZero ? 0...1 : includesZero ? min(low, 0)...max(high, 0) : low...high
        self.init(label: label, range: Ticks.niceRange(bounds, count: count), count: count)
    }

    /// The place of a value: 0 at the lower end, 1 at the upper; values outside stay at the ends.
    package func position(_ value: Double) -> Double {
        let place: Double
        switch kind {
        case .linear:
            place = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        case .logarithmic:
            place =
                log(max(value, .leastNormalMagnitude) / range.lowerBound)
                / log(range.upperBound / range.lowerBound)
        }
        return min(max(place, 0), 1)
    }

    /// The text of a tick.
    func text(_ tick: Double) -> String {
        // Ticks of a logarithmic axis share no number of decimals.
        kind == .logarithmic && abs(tick) < 10_000
            ? String(format: "%g", tick) : Ticks.label(tick, among: ticks)
    }
}
