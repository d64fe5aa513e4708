import LRNetSupport

/// The all-reduce of small values in the order of `LeafTree`: batch-norm statistics, loss,
/// counts.
///
///     root = root of the tree over rows 0 ..< m, one row per leaf
///
/// Every rank sums its own leaves to its nodes, all nodes are gathered on every rank, and each rank
/// adds them in tree order. This requires one round of messages, and yields the same bits on every
/// rank and at any number of ranks. The caller defines the addition, so rows can also contain
/// counts, means and M2.
///
/// Every rank must create it with the same arguments. It can be used any number of times, and its
/// use allocates no memory.
package final class TreeGather {
    /// The number of values of a row.
    package let width: Int

    /// The present leaves that this rank owns.
    package let ownLeaves: Range<Int>

    /// A function that adds the row that starts at element `source` to the row that starts at
    /// element `destination`.
    package typealias RowAddition = (_ rows: inout [Double], _ destination: Int, _ source: Int)
        -> Void

    private let group: any ProcessGroup
    private let ownAdditions: [LeafTree.Addition]
    private let ownNodeSlots: [Int]
    private let jointAdditions: [LeafTree.Addition]
    private let counts: [Int]
    private var local: [Double]
    private var gathered: [Double]

    /// Creates the all-reduce for rows of `width` values.
    ///
    /// - Parameters:
    ///   - leafCount: M, the full number of leaves, which determines the leaves of each rank.
    ///   - presentLeaves: m, the number of leaves of this batch, at least 1; less than M in a tail
    ///     batch.
    package init(group: any ProcessGroup, leafCount: Int, presentLeaves: Int, width: Int) {
        precondition(
            presentLeaves > 0 && presentLeaves <= leafCount,
            "\(presentLeaves) of \(leafCount) leaves")
        precondition(width >= 0, "rows of \(width) values")
        let tree = LeafTree(count: presentLeaves)
        let runs = (0..<group.size).map {
            LeafTree.run(of: $0, ranks: group.size, leafCount: leafCount)
                .clamped(to: 0..<presentLeaves)
        }
        let nodes = runs.map { tree.nodes(covering: $0) }
        let own = runs[group.rank]
        self.group = group
        self.width = width
        ownLeaves = own
        ownAdditions = tree.additions(within: own)
        ownNodeSlots = nodes[group.rank].map { tree.leaves(of: $0).lowerBound - own.lowerBound }
        jointAdditions = tree.additions(joining: nodes.flatMap { $0 })
        counts = nodes.map { $0.count * width }
        local = Array(repeating: 0, count: counts[group.rank])
        gathered = Array(repeating: 0, count: counts.reduce(0, +))
    }

    /// Combines the rows of all leaves. Every rank must call it.
    ///
    /// - Parameters:
    ///   - leaves: One row per leaf of ``ownLeaves``, in order. The rows are overwritten.
    ///   - root: The combined row, which is overwritten. Its count must be ``width``.
    ///   - add: The addition, the same on every rank. Its two rows never overlap.
    package func combine(
        _ leaves: inout [Double], into root: inout [Double], _ add: RowAddition
    ) throws {
        precondition(
            leaves.count == ownLeaves.count * width,
            "\(leaves.count) values for \(ownLeaves.count) rows of \(width)")
        precondition(root.count == width, "\(root.count) values for a row of \(width)")
        for addition in ownAdditions {
            add(&leaves, addition.destination * width, addition.source * width)
        }
        for (position, slot) in ownNodeSlots.enumerated() {
            for index in 0..<width {
                local[position * width + index] = leaves[slot * width + index]
            }
        }
        try group.allGather(local, counts: counts, into: &gathered)
        for addition in jointAdditions {
            add(&gathered, addition.destination * width, addition.source * width)
        }
        for index in 0..<width { root[index] = gathered[index] }
    }

    /// Sums the rows of all leaves, value by value. Every rank must call it. The arguments have the
    /// same meaning as in ``combine(_:into:_:)``.
    package func sum(_ leaves: inout [Double], into root: inout [Double]) throws {
        let width = width
        try combine(&leaves, into: &root) { rows, destination, source in
            for index in 0..<width { rows[destination + index] += rows[source + index] }
        }
    }
}
