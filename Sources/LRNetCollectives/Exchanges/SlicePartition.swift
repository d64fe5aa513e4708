/// The partition of a buffer into one contiguous slice per rank. Slices can be empty.
package struct SlicePartition: Sendable, Equatable {
    /// The starts of the slices, followed by the end of the last slice.
    private let cuts: [Int]

    /// The default alignment of slices, in values: one AVX-512 vector.
    package static let alignment = 16

    /// Cuts `count` values evenly, at multiples of `alignment` values:
    ///
    ///     slice r = a * (r * U / R) ..< a * ((r + 1) * U / R),   U = ceil(count / a)
    ///
    /// The last slice ends at `count`. The lengths of slices differ by at most `a` values. Some
    /// slices are empty if there are fewer units than ranks.
    ///
    /// - Precondition: `count` is not negative, `ranks` and `alignment` are positive.
    package init(count: Int, ranks: Int, alignment: Int = SlicePartition.alignment) {
        precondition(
            count >= 0 && ranks > 0 && alignment > 0,
            "\(count) values in \(ranks) slices at multiples of \(alignment)")
        let units = (count + alignment - 1) / alignment
        cuts = (0...ranks).map { min($0 * units / ranks * alignment, count) }
    }

    /// Creates a partition with one slice of each given length.
    ///
    /// - Precondition: There is at least one length, and none is negative.
    package init(lengths: [Int]) {
        precondition(
            !lengths.isEmpty && lengths.allSatisfy { $0 >= 0 }, "slices of \(lengths) values")
        cuts = lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    }

    /// The number of values of the buffer.
    package var count: Int { cuts[ranks] }

    /// The number of slices.
    package var ranks: Int { cuts.count - 1 }

    /// The range of a rank's slice.
    package subscript(rank: Int) -> Range<Int> {
        precondition(rank >= 0 && rank < ranks, "rank \(rank) of \(ranks)")
        return cuts[rank]..<cuts[rank + 1]
    }
}
