/// The cut of a buffer into one contiguous slice a rank; some slices may be empty.
package struct SlicePartition: Sendable, Equatable {
    /// Where slices begin, and the end of the last.
    private let cuts: [Int]

    /// The values between two possible cuts of an even partition: one AVX-512 vector.
    package static let alignment = 16

    /// Cuts `count` values evenly, at multiples of `alignment` values:
    ///
    ///     slice r = a * (r * U / R) ..< a * ((r + 1) * U / R),   U = ceil(count / a)
    ///
    /// The last slice ends at `count`. Slices differ by at most `a` values, and some are empty when
    /// there are fewer units than ranks.
    ///
    /// - Precondition: `count` is not negative, `ranks` and `alignment` are positive.
    package init(count: Int, ranks: Int, alignment: Int = SlicePartition.alignment) {
        precondition(
            count >= 0 && ranks > 0 && alignment > 0,
            "\(count) values in \(ranks) slices at multiples of \(alignment)")
        let units = (count + alignment - 1) / alignment
        cuts = (0...ranks).map { min($0 * units / ranks * alignment, count) }
    }

    /// Gives each rank a slice of its own length.
    ///
    /// - Precondition: There is at least one rank; no length is negative.
    package init(lengths: [Int]) {
        precondition(
            !lengths.isEmpty && lengths.allSatisfy { $0 >= 0 }, "slices of \(lengths) values")
        cuts = lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    }

    /// The number of values of the buffer.
    package var count: Int { cuts[ranks] }

    /// The number of slices.
    package var ranks: Int { cuts.count - 1 }

    /// The values of a rank's slice.
    package subscript(rank: Int) -> Range<Int> {
        precondition(rank >= 0 && rank < ranks, "rank \(rank) of \(ranks)")
        return cuts[rank]..<cuts[rank + 1]
    }
}
