package import LRNetKernels
import LRNetSupport

/// The fast mode (`reduction: fast`): `MPI_Allreduce` over the sum of each rank's nodes.
///
/// The library chooses the order of the sum, so the bits can change with the number of ranks and
/// the kind of network. ``step()`` performs the whole call at once. If several reductions are under
/// way, all ranks must step and finish them in the same order.
package final class FastAllReduce: AllReduction {
    /// The number of this rank's nodes; 0 if it owns no present leaf.
    package let nodeCount: Int

    /// The number of values of the buffer.
    package let valueCount: Int

    private let group: any ProcessGroup
    private let sum: NodeSum
    private var output: FloatView?

    /// Creates the reduction. The arguments have the same meaning as in ``TreeExchange``.
    package init(group: any ProcessGroup, leafCount: Int, presentLeaves: Int, valueCount: Int) {
        precondition(presentLeaves <= leafCount, "\(presentLeaves) of \(leafCount) leaves")
        let run = LeafTree.run(of: group.rank, ranks: group.size, leafCount: leafCount)
        nodeCount = LeafTree(count: presentLeaves).nodes(covering: run).count
        self.valueCount = valueCount
        self.group = group
        sum = NodeSum(
            slotCount: nodeCount,
            additions: (0..<max(nodeCount, 1)).dropFirst().map {
                LeafTree.Addition(destination: 0, source: $0)
            })
    }

    /// Adds this rank's nodes. Every rank must call it.
    package func start(nodes: [FloatView], into output: FloatView) throws {
        precondition(self.output == nil, "a reduction is started while it is under way")
        precondition(nodes.count == nodeCount, "\(nodes.count) nodes where \(nodeCount) are owned")
        for view in nodes + [output] {
            precondition(view.count == valueCount, "\(view.count) values of \(valueCount)")
        }
        for (slot, node) in nodes.enumerated() { sum.sources[slot] = UnsafePointer(node.pointer) }
        sum.sum(into: output.pointer, count: valueCount)
        self.output = output
    }

    /// Waits for the other ranks and returns true.
    package func step() throws -> Bool {
        try finish()
        return true
    }

    /// Waits for the other ranks. Every rank must call it, or ``step()``, once after each start.
    package func finish() throws {
        guard let output else { return }
        self.output = nil
        try (group as? MPIProcessGroup)?.sumInAnyOrder(output)
    }
}
