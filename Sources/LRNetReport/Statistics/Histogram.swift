/// Counts of values in bins of equal width.
package struct Histogram: Sendable, Equatable {
    /// The borders of the bins in ascending order, one more than counts.
    package let edges: [Double]
    /// The number of values in each bin. Values beyond the range are counted in the first or last
    /// bin.
    package let counts: [Int]

    /// Counts values.
    ///
    /// - Precondition: The range is not empty, there is at least one bin, and values are not NaN.
    package init(_ values: [Double], in range: ClosedRange<Double>, bins: Int) {
        precondition(
            bins > 0 && range.upperBound > range.lowerBound, "\(bins) bins over \(range)")
        let width = (range.upperBound - range.lowerBound) / Double(bins)
        edges = (0...bins).map {
            $0 == bins ? range.upperBound : range.lowerBound + Double($0) * width
        }
        var counts = [Int](repeating: 0, count: bins)
        for value in values {
            let place = ((value - range.lowerBound) / width).rounded(.down)
            counts[Int(min(max(place, 0), Double(bins - 1)))] += 1
        }
        self.counts = counts
    }

    /// Creates a histogram from existing counts.
    package init(counts: [Int], in range: ClosedRange<Double>) {
        let width = (range.upperBound - range.lowerBound) / Double(max(counts.count, 1))
        edges = (0...counts.count).map { range.lowerBound + Double($0) * width }
        self.counts = counts
    }

    package var total: Int { counts.reduce(0, +) }

    /// The share of all values in each bin; 0 if there are no values.
    package var shares: [Double] {
        counts.map { Double($0) / Double(max(total, 1)) }
    }

    /// The shares per unit of the axis.
    package var densities: [Double] {
        zip(shares, zip(edges, edges.dropFirst())).map { $0 / ($1.1 - $1.0) }
    }
}
