/// Rows that are added in groups of consecutive rows, each group in the order of its own
/// ``LeafTree``, and the rows of each rank.
///
/// Ranks own leaves, and leaves consist of units (micro-batches). A row stands for one unit or for
/// several, and belongs to the rank that owns its first unit.
package struct GroupedRows: Sendable, Hashable {
    /// The number of rows of all ranks.
    package let count: Int

    /// The number of rows of a group; the last group may have fewer.
    package let groupSize: Int

    private let leafCount: Int
    private let unitsPerLeaf: Int
    private let unitsPerRow: Int

    /// - Parameters:
    ///   - groupSize: All rows form one group by default.
    ///   - leafCount: The number of leaves that are dealt to the ranks by
    ///     ``LeafTree/run(of:ranks:leafCount:)``, present or not.
    /// - Precondition: `count` is not negative and the sizes are positive.
    package init(
        count: Int, groupSize: Int? = nil, leafCount: Int, unitsPerLeaf: Int = 1,
        unitsPerRow: Int = 1
    ) {
        let groupSize = groupSize ?? max(count, 1)
        precondition(
            count >= 0 && groupSize > 0 && unitsPerLeaf > 0 && unitsPerRow > 0,
            "\(count) rows in groups of \(groupSize), \(unitsPerLeaf) units a leaf, "
                + "\(unitsPerRow) a row")
        self.count = count
        self.groupSize = groupSize
        self.leafCount = leafCount
        self.unitsPerLeaf = unitsPerLeaf
        self.unitsPerRow = unitsPerRow
    }

    package var groupCount: Int { (count + groupSize - 1) / groupSize }

    /// Returns the rows of a group.
    package func rows(ofGroup group: Int) -> Range<Int> {
        group * groupSize..<min((group + 1) * groupSize, count)
    }

    /// Returns the rows of a rank.
    package func rows(of rank: Int, ranks: Int) -> Range<Int> {
        rows(ofLeaves: LeafTree.run(of: rank, ranks: ranks, leafCount: leafCount))
    }

    /// Returns the rows of the owner of some leaves.
    package func rows(ofLeaves leaves: Range<Int>) -> Range<Int> {
        func row(_ leaf: Int) -> Int {
            min((leaf * unitsPerLeaf + unitsPerRow - 1) / unitsPerRow, count)
        }
        return row(leaves.lowerBound)..<row(leaves.upperBound)
    }

    /// Calls `add` for each addition that a rank can perform with its own rows, in order. Rows are
    /// counted from the first one of `run`.
    ///
    /// Afterwards the row of its first leaf contains each node of each group that is in `run`.
    package func forEachAddition(
        within run: Range<Int>, _ add: (_ destination: Int, _ source: Int) -> Void
    ) {
        var start = run.lowerBound
        while start < run.upperBound {
            let group = rows(ofGroup: start / groupSize)
            let end = min(group.upperBound, run.upperBound)
            let offset = start - run.lowerBound
            LeafTree(count: group.count).forEachAddition(
                within: start - group.lowerBound..<end - group.lowerBound
            ) { add($0 + offset, $1 + offset) }
            start = end
        }
    }

    /// A group whose rows are those of several ranks, from the view of one of them.
    package struct SharedGroup: Sendable, Equatable {
        package let rounds: RowRounds

        /// The rows of the rank's nodes of this group, counted from its first row.
        package let nodeRows: [Int]

        /// The row of the sum, counted from the rank's first row: the first of the group, or row 0
        /// if the rank has none.
        package let sumRow: Int
    }

    /// Returns the groups that a rank shares with others: at most two. If there is only one group,
    /// all ranks share it, also those without rows.
    package func sharedGroups(of rank: Int, ranks: Int) -> [SharedGroup] {
        if count == 0 || ranks == 1 { return [] }
        let own = rows(of: rank, ranks: ranks)
        if own.isEmpty && own.lowerBound == count && groupCount > 1 { return [] }
        // A rank without rows takes part between the first and the last owner of a group.
        let first = min(own.lowerBound, count - 1) / groupSize
        let last = max(own.upperBound - 1, 0) / groupSize
        return Set([first, max(first, last)]).sorted().compactMap {
            share($0, rank: rank, ranks: ranks, own: own)
        }
    }

    private func share(_ index: Int, rank: Int, ranks: Int, own: Range<Int>) -> SharedGroup? {
        let group = rows(ofGroup: index)
        let owners =
            groupCount == 1
            ? 0..<ranks
            : owner(of: group.lowerBound, ranks: ranks)..<owner(
                of: group.upperBound - 1, ranks: ranks) + 1
        guard owners.count > 1, owners.contains(rank) else { return nil }
        let tree = LeafTree(count: group.count)
        func part(_ rank: Int) -> Range<Int> {
            let rows = rows(of: rank, ranks: ranks).clamped(to: group)
            return rows.lowerBound - group.lowerBound..<rows.upperBound - group.lowerBound
        }
        let rounds = RowRounds(tree: tree, rank: rank, ranks: owners, rows: part)
        let offset = group.lowerBound - own.lowerBound
        return SharedGroup(
            rounds: rounds,
            nodeRows: rounds.ownNodes.map { tree.leaves(of: $0).lowerBound + offset },
            sumRow: max(offset, 0))
    }

    /// Returns the rank that owns a row.
    private func owner(of row: Int, ranks: Int) -> Int {
        var candidates = 0..<ranks
        while candidates.count > 1 {
            let middle = (candidates.lowerBound + candidates.upperBound - 1) / 2
            candidates =
                rows(of: middle, ranks: ranks).upperBound > row
                ? candidates.lowerBound..<middle + 1 : middle + 1..<candidates.upperBound
        }
        return candidates.lowerBound
    }
}
