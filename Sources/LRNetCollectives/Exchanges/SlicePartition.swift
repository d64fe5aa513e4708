/// The partition of a buffer into one contiguous slice per rank. Slices can be empty.
///
/// U units of `a` values are cut evenly, and the slices are in the order of their owners' digits in
/// reverse (see ``RankGroups``):
///
///     slice at position p = a * (p * U / R) ..< a * ((p + 1) * U / R),   U = ceil(count / a)
///
/// The last slice ends at `count`. The lengths of slices differ by at most `a` values. Some slices
/// are empty if there are fewer units than ranks. In a single group, positions are ranks.
package struct SlicePartition: Sendable, Equatable {
    /// The number of values of the buffer.
    package let count: Int

    /// The owners of the slices.
    package let groups: RankGroups

    /// The values of a unit; every slice starts at a multiple of it.
    package let alignment: Int

    /// The default alignment of slices, in values: one AVX-512 vector.
    package static let alignment = 16

    /// - Precondition: `count` is not negative; `alignment` is positive.
    package init(count: Int, groups: RankGroups, alignment: Int = SlicePartition.alignment) {
        precondition(
            count >= 0 && alignment > 0, "\(count) values in slices at multiples of \(alignment)")
        self.count = count
        self.groups = groups
        self.alignment = alignment
    }

    /// The range of a rank's slice.
    package subscript(rank: Int) -> Range<Int> { held(by: rank, before: groups.radices.count) }

    /// The range that a rank still holds before a stage: what the members of its group in this
    /// stage divide into slices.
    func held(by rank: Int, before stage: Int) -> Range<Int> {
        precondition(rank >= 0 && rank < groups.rankCount, "rank \(rank) of \(groups.rankCount)")
        let positions = groups.positions(of: rank, before: stage)
        return cut(positions.lowerBound)..<cut(positions.upperBound)
    }

    private func cut(_ position: Int) -> Int {
        let units = (count + alignment - 1) / alignment
        return min(position * units / groups.rankCount * alignment, count)
    }
}
