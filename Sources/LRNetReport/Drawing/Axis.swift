internal import Foundation

/// One dimension of a chart: its label, its range and the mapping of values to positions.
package struct Axis: Sendable {
    package enum Kind: Sendable {
        case linear
        /// A logarithmic scale. Values must be positive.
        case logarithmic
    }

    /// The measured quantity and its unit.
    package let label: String
    package let range: ClosedRange<Double>
    package let kind: Kind
    /// The values with a tick.
    package let ticks: [Double]

    /// Creates an axis with exactly this range.
    package init(label: String, range: ClosedRange<Double>, kind: Kind = .linear, count: Int = 5) {
        self.label = label
        self.range = range
        self.kind = kind
        ticks =
            kind == .linear
            ? Ticks.linear(range, count: count) : Ticks.logarithmic(range)
    }

    /// Creates an axis with room for values. Values that are not finite are ignored.
    ///
    /// - Parameters:
    ///   - includesZero: True if a linear axis includes 0 even if no value is near it.
    ///   - kind: The scale. A logarithmic axis becomes linear if a value is not positive.
    package init(
        label: String, fitting values: [Double], includesZero: Bool = false,
        kind: Kind = .linear, count: Int = 5
    ) {
        let finite = values.filter(\.isFinite)
        let low = finite.min() ?? 0
        let high = finite.max() ?? 1
        if kind == .logarithmic, low > 0 {
            // Add some room, and cover at least a factor of two.
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

    /// Returns the position of a value: 0 at the lower end and 1 at the upper end. Values outside
    /// the range are clamped.
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

    func text(_ tick: Double) -> String {
        // Ticks of a logarithmic axis have different numbers of decimals.
        kind == .logarithmic && abs(tick) < 10_000
            ? String(format: "%g", tick) : Ticks.label(tick, among: ticks)
    }
}
