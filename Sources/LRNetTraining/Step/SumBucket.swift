package import LRNetLayers

/// Joins sums that every rank wants, of ranges that follow one another from the end of the gradient
/// vector to its start, until they are worth a message.
package struct SumBucket {
    /// Values of a joined sum, at least, unless another sum or the end of the pass comes first.
    package static let leastCount = 1 << 14

    /// The range that waits.
    package private(set) var range: Range<Int>?

    /// Creates an empty bucket.
    package init() {}

    /// Takes a sum.
    ///
    /// - Returns: The sums that begin now, in order.
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
    /// - Returns: The sum that waited, if there is one.
    package mutating func takeRest() -> [GradientSum] {
        defer { range = nil }
        return range.map { [GradientSum(range: $0, unit: nil)] } ?? []
    }
}
