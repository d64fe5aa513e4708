package import LRNetSupport

/// One rank's part of a sum in tree order, after which every rank has its slice of the sum.
///
/// It is computed for any rank of any group without starting ranks, from the members of the rank's
/// own groups only: O(sum of radices).
///
/// Before stage s, the rank holds its block's nodes for a range of the values. The members of its
/// group in stage s hold the same range of other blocks. Each member receives one slice of the
/// range, of the nodes of all members, and adds them to the nodes of the joined block: to the root
/// in the last stage.
package struct ReductionPlan: Sendable {
    /// The sum of consecutive nodes of the members, in tree order.
    struct Sum: Sendable {
        /// The nodes that are added, as positions among the nodes of all members.
        let slots: Range<Int>
        /// Their additions; slots count from `slots.lowerBound`.
        let additions: [LeafTree.Addition]
    }

    /// One exchange within a group.
    struct Stage: Sendable {
        /// The ranks of the group, in the order of their leaves.
        let members: [Int]
        /// This rank's position among the members.
        let position: Int
        /// The values that this rank's nodes contain.
        let held: Range<Int>
        /// The values that each member receives; together they are `held`.
        let slices: [Range<Int>]
        /// The number of nodes of each member; 0 if it owns no present leaf.
        let nodeCounts: [Int]
        /// The nodes of the joined block.
        let sums: [Sum]

        /// This rank's slice.
        var own: Range<Int> { slices[position] }
    }

    /// The nodes that this rank contributes.
    package let ownNodes: [LeafTree.Node]

    let rank: Int
    let slices: SlicePartition
    let stages: [Stage]
    let pieceCount: Int

    /// - Parameters:
    ///   - leafCount: M, the full number of leaves, which determines the leaves of each rank.
    ///   - tree: The tree over the leaves that are present.
    ///   - pieceCount: The maximum number of values per message.
    package init(
        rank: Int, slices: SlicePartition, leafCount: Int, tree: LeafTree, pieceCount: Int
    ) {
        let groups = slices.groups
        func nodes(of ranks: Range<Int>) -> [LeafTree.Node] {
            let runs = [ranks.lowerBound, ranks.upperBound - 1].map {
                LeafTree.run(of: $0, ranks: groups.rankCount, leafCount: leafCount)
            }
            return tree.nodes(covering: runs[0].lowerBound..<runs[1].upperBound)
        }
        self.rank = rank
        self.slices = slices
        self.pieceCount = pieceCount
        ownNodes = nodes(of: rank..<rank + 1)
        stages = groups.radices.indices.map { stage in
            let members = groups.members(of: rank, stage: stage)
            let inputs = members.map { nodes(of: groups.block(of: $0, before: stage)) }
            let isLast = stage == groups.radices.count - 1
            let results = nodes(of: groups.block(of: rank, before: stage + 1))
            return Stage(
                members: members, position: groups.digit(stage, of: rank),
                held: slices.held(by: rank, before: stage),
                slices: members.map { slices.held(by: $0, before: stage + 1) },
                nodeCounts: inputs.map(\.count),
                // Without any leaf, the sum is still written: it is zero.
                sums: isLast && results.isEmpty
                    ? [Sum(slots: 0..<0, additions: [])]
                    : Self.sums(of: inputs.flatMap { $0 }, to: results, in: tree))
        }
    }

    private static func sums(
        of nodes: [LeafTree.Node], to results: [LeafTree.Node], in tree: LeafTree
    ) -> [Sum] {
        var first = 0
        return results.map { result in
            let end = tree.leaves(of: result).upperBound
            let last = nodes[first...].firstIndex { tree.leaves(of: $0).upperBound == end }
            guard let last else {
                preconditionFailure("\(nodes) do not reach the end of \(result)")
            }
            let slots = first..<last + 1
            first = last + 1
            return Sum(
                slots: slots, additions: tree.additions(joining: Array(nodes[slots]), to: result))
        }
    }

    /// The messages that the rank sends: to each member, its slice of each of the rank's nodes.
    package var messages: [PlannedMessages] {
        stages.enumerated().flatMap { index, stage in
            stage.members.indices.filter { $0 != stage.position }.map { member in
                PlannedMessages(
                    stage: index, from: rank, to: stage.members[member],
                    values: stage.slices[member].count, copies: stage.nodeCounts[stage.position],
                    pieceCount: pieceCount, groups: slices.groups)
            }
        }
    }

    /// The values of the scratch memory between stages: the range held after a stage, for each node
    /// but the first, which is written to the output.
    package var scratchCount: Int {
        stages.dropLast().reduce(0) { $0 + max($1.sums.count - 1, 0) * $1.own.count }
    }
}
