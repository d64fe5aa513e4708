/// The fixed binary tree in which the sums over a global batch's leaves are formed.
///
///     node(0, i) = leaf i
///     node(l, i) = node(l - 1, 2i) + node(l - 1, 2i + 1)     absent ones skipped
///
/// Node (l, i) stands for leaves `i * 2^l ..< (i + 1) * 2^l`, as far as they are present. The tree
/// depends on the number of leaves alone, so its root has the same bits whatever rank or thread adds
/// which part of it.
package struct LeafTree: Sendable, Equatable {
    /// One sum of the tree.
    package struct Node: Sendable, Hashable {
        /// The height above the leaves, which are at 0.
        package let level: Int
        /// The position within the level.
        package let index: Int

        /// Makes a name for a node; any tree may lack it.
        package init(level: Int, index: Int) {
            self.level = level
            self.index = index
        }
    }

    /// The number of leaves that are present.
    package let count: Int

    /// The node that stands for all leaves, at the lowest level where there is one.
    package let root: Node

    /// Makes the tree over `count` leaves.
    ///
    /// - Precondition: `count` is not negative. With no leaf there is no node, not even the root.
    package init(count: Int) {
        precondition(count >= 0, "a tree of \(count) leaves")
        self.count = count
        var level = 0
        while 1 << level < count { level += 1 }
        root = Node(level: level, index: 0)
    }

    /// The leaves present under a node; empty if the node is absent.
    package func leaves(of node: Node) -> Range<Int> {
        let first = min(node.index << node.level, count)
        return first..<min((node.index + 1) << node.level, count)
    }

    /// The largest nodes whose leaves all lie in `run`, in order; together they are `run`, as far as
    /// its leaves are present.
    ///
    /// A node whose right half is absent has the value of its left half; of the names for one sum
    /// the highest is taken.
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

    /// The leaves that a rank owns, a contiguous run: `rank * M / ranks ..< (rank + 1) * M / ranks`.
    ///
    /// Ownership goes by the full number of leaves M, also in a tail batch where fewer are present:
    /// some ranks then own none of those.
    ///
    /// - Precondition: `rank` is one of `ranks`; `leafCount` is not negative.
    package static func run(of rank: Int, ranks: Int, leafCount: Int) -> Range<Int> {
        precondition(rank >= 0 && rank < ranks, "rank \(rank) of \(ranks)")
        precondition(leafCount >= 0, "\(leafCount) leaves")
        return rank * leafCount / ranks..<(rank + 1) * leafCount / ranks
    }
}
