internal import LRNetSupport

/// The count, and for each channel the mean and the sum of squared distances from it.
struct GroupMoments {
    var count: Double
    var mean: [Double]
    var squares: [Double]

    /// Merges nodes in the order of ``LeafTree``.
    ///
    /// - Precondition: There is at least one node.
    static func merge(_ nodes: [GroupMoments]) -> GroupMoments {
        tree(nodes) { a, b in
            let count = a.count + b.count
            var result = a
            result.count = count
            for c in a.mean.indices {
                let distance = b.mean[c] - a.mean[c]
                result.mean[c] = a.mean[c] + distance * (b.count / count)
                result.squares[c] =
                    a.squares[c] + b.squares[c]
                    + distance * distance * (a.count * (b.count / count))
            }
            return result
        }
    }

    /// Adds vectors in the same tree.
    ///
    /// - Precondition: There is at least one vector.
    static func treeSum(_ vectors: [[Double]]) -> [Double] {
        tree(vectors) { a, b in zip(a, b).map(+) }
    }

    private static func tree<Node>(_ nodes: [Node], _ combine: (Node, Node) -> Node) -> Node {
        guard
            let root = LeafTree(count: nodes.count).combine(
                leaves: nodes, { $0 = combine($0, $1) })
        else { preconditionFailure("a tree without nodes") }
        return root
    }
}
