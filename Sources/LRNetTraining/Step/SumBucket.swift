package import LRNetLayers

/// A buffer that joins small sums until they justify a message.
///
/// It joins sums that every rank needs in full. Their ranges follow one another from the end of the
/// gradient vector to its start.
package struct SumBucket {
    /// The minimum number of values in a joined sum, unless another kind of sum or the end of the
    /// pass comes first.
    package static let leastCount = 1 << 14

    /// The pending range.
    package private(set) var range: Range<Int>?

    package init() {}

    /// Adds a sum.
    ///
    /// - Returns: The sums to start now, in order.
    package mutating func add(_ sum: GradientSum) -> [GradientSum] {
        if sum.range.isEmpty { return [] }
        if sum.unit != nil { return takeRest() + [sum] }
        let ready = sum.range.upperBound == range?.lowerBound ? [] : takeRest()
        let joined = sum.range.lowerBound..<(range ?? sum.range).upperBound
        range = joined
        return joined.count >= Self.leastCount ? ready + takeRest() : ready
    }

    /// Empties the bucket.
    ///
    /// - Returns: The pending sum, if there is one.
    package mutating func takeRest() -> [GradientSum] {
        defer { range = nil }
        return range.map { [GradientSum(range: $0, unit: nil)] } ?? []
    }
}
