package import LRNetCollectives
internal import LRNetKernels
public import LRNetLayers

/// Adds up the leaves' gradients of all ranks.
///
/// Exact mode adds in one tree over the leaves, whatever the number of ranks; fast mode leaves the
/// order to MPI. One exchange is made for each number of present leaves (the full batch, and a
/// tail) and kept.
public final class GradientReducer {
    private let group: any ProcessGroup
    private let leafCount: Int
    private let valueCount: Int
    private let mode: Recipe.Reduction
    private var exchanges: [Int: any AllReduction] = [:]

    /// Creates a reducer; every rank does, with the same arguments.
    ///
    /// - Parameters:
    ///   - leafCount: The leaves of a full batch.
    ///   - valueCount: The length of the gradient vector.
    package init(group: any ProcessGroup, leafCount: Int, valueCount: Int, mode: Recipe.Reduction) {
        self.group = group
        self.leafCount = leafCount
        self.valueCount = valueCount
        self.mode = mode
    }

    /// How this rank adds up its own leaves in a batch of `layout`.
    public func schedule(for layout: BatchLayout) -> LeafSchedule {
        let tree = LeafTree(count: layout.globalLeafCount)
        let run = layout.leafRun.clamped(to: 0..<tree.count)
        return LeafSchedule(
            leafCount: layout.leaves.count,
            nodeLeaves: tree.nodes(covering: run).map {
                tree.leaves(of: $0).lowerBound - run.lowerBound
            },
            additions: tree.additions(within: run).map {
                LeafSchedule.Addition(into: $0.destination, from: $0.source)
            })
    }

    /// Fills `gradients.total` with the sum over all leaves of all ranks. Every rank calls it.
    public func allReduce(_ gradients: GradientStore, layout: BatchLayout) throws {
        let exchange = exchange(presentLeaves: layout.globalLeafCount)
        try exchange.allReduce(nodes: gradients.nodes, into: gradients.total.all)
    }

    private func exchange(presentLeaves: Int) -> any AllReduction {
        if let known = exchanges[presentLeaves] { return known }
        let made: any AllReduction
        switch mode {
        case .exact:
            made = TreeExchange(
                group: group, leafCount: leafCount, presentLeaves: presentLeaves,
                valueCount: valueCount)
        case .fast:
            made = FastAllReduce(
                group: group, leafCount: leafCount, presentLeaves: presentLeaves,
                valueCount: valueCount)
        }
        exchanges[presentLeaves] = made
        return made
    }
}
