/// The partition of a buffer into one contiguous range per rank, of any lengths, in rank order.
package struct RowPartition: Sendable, Equatable {
    /// The starts of the ranges, followed by the end of the last one.
    private let cuts: [Int]

    /// - Precondition: There is at least one length, and none is negative.
    package init(lengths: [Int]) {
        precondition(
            !lengths.isEmpty && lengths.allSatisfy { $0 >= 0 }, "ranges of \(lengths) values")
        cuts = lengths.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    }

    /// The number of values of the buffer.
    package var count: Int { cuts[rankCount] }

    /// The number of ranks.
    package var rankCount: Int { cuts.count - 1 }

    /// The range of a rank.
    package subscript(rank: Int) -> Range<Int> {
        precondition(rank >= 0 && rank < rankCount, "rank \(rank) of \(rankCount)")
        return cuts[rank]..<cuts[rank + 1]
    }
}
