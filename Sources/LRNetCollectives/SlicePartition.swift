/// The cut of a buffer into one contiguous slice a rank.
///
///     slice r = values 16 * (r * U / R) ..< 16 * ((r + 1) * U / R),   U = ceil(count / 16)
///
/// Cuts lie at multiples of 16 values (one AVX-512 vector); the last slice ends at `count`. Slices
/// differ by at most 16 values, and some are empty when there are fewer vectors than ranks.
public struct SlicePartition: Sendable, Equatable {
    /// The number of values of the buffer.
    public let count: Int

    /// The number of slices.
    public let ranks: Int

    /// The values between two possible cuts.
    public static let alignment = 16

    /// Cuts `count` values into `ranks` slices.
    ///
    /// - Precondition: `count` is not negative, `ranks` is positive.
    public init(count: Int, ranks: Int) {
        precondition(count >= 0 && ranks > 0, "\(count) values in \(ranks) slices")
        self.count = count
        self.ranks = ranks
    }

    /// The values of a rank's slice.
    public subscript(rank: Int) -> Range<Int> {
        precondition(rank >= 0 && rank < ranks, "rank \(rank) of \(ranks)")
        return cut(rank)..<cut(rank + 1)
    }

    private func cut(_ rank: Int) -> Int {
        let vectors = (count + Self.alignment - 1) / Self.alignment
        return min(rank * vectors / ranks * Self.alignment, count)
    }
}
