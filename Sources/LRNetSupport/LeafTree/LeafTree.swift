/// The fixed binary tree of the sums over the leaves of a global batch.
///
///     node(0, i) = leaf i
///     node(l, i) = node(l - 1, 2i) + node(l - 1, 2i + 1)     absent ones are skipped
///
/// Node (l, i) is the sum of the leaves `i * 2^l ..< (i + 1) * 2^l` that are present. The tree
/// depends only on the number of leaves, so its root has the same bits no matter which rank or
/// thread computes which part.
package struct LeafTree: Sendable, Equatable {
    /// One sum of the tree.
    package struct Node: Sendable, Hashable {
        /// The height above the leaves, which have level 0.
        package let level: Int
        /// The position within the level.
        package let index: Int

        /// Creates the name of a node, which need not exist in a tree.
        package init(level: Int, index: Int) {
            self.level = level
            self.index = index
        }
    }

    /// The number of leaves that are present.
    package let count: Int

    /// The node that is the sum of all leaves, at the lowest possible level.
    package let root: Node

    /// Creates the tree over `count` leaves. Without leaves, the tree has no nodes, not even a
    /// root.
    ///
    /// - Precondition: `count` is not negative.
    package init(count: Int) {
        precondition(count >= 0, "a tree of \(count) leaves")
        self.count = count
        var level = 0
        while 1 << level < count { level += 1 }
        root = Node(level: level, index: 0)
    }

    /// Returns the present leaves of a node; empty if the node is absent.
    package func leaves(of node: Node) -> Range<Int> {
        let first = min(node.index << node.level, count)
        return first..<min((node.index + 1) << node.level, count)
    }

    /// Returns the largest nodes whose leaves are all in `run`, in order. Together they cover the
    /// present leaves of `run`.
    ///
    /// A node with an absent right half equals its left half. Of the names for one sum, the one
    /// with the highest level is used.
    package func nodes(covering run: Range<Int>) -> [Node] {
        let run = run.clamped(to: 0..<count)
        var found: [Node] = []
        func visit(_ node: Node) {
            let leaves = leaves(of: node)
            if !leaves.overlaps(run) { return }
            if run.lowerBound <= leaves.lowerBound && leaves.upperBound <= run.upperBound {
                found.append(node)
            } else {
                visit(Node(level: node.level - 1, index: 2 * node.index))
                visit(Node(level: node.level - 1, index: 2 * node.index + 1))
            }
        }
        visit(root)
        return found
    }

    /// Returns the leaves that a rank owns, a contiguous run:
    /// `rank * M / ranks ..< (rank + 1) * M / ranks`.
    ///
    /// Ownership depends on the full number of leaves M, even in a tail batch with fewer leaves, of
    /// which some ranks then own none.
    ///
    /// - Precondition: `rank` is one of `ranks`; `leafCount` is not negative.
    package static func run(of rank: Int, ranks: Int, leafCount: Int) -> Range<Int> {
        precondition(rank >= 0 && rank < ranks, "rank \(rank) of \(ranks)")
        precondition(leafCount >= 0, "\(leafCount) leaves")
        return rank * leafCount / ranks..<(rank + 1) * leafCount / ranks
    }
}
