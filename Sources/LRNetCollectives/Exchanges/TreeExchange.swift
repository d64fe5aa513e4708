package import LRNetKernels
package import LRNetSupport

/// The all-reduce in the order of `LeafTree`, which yields the same bits at any number of ranks.
///
///     output[v] = root of the tree over leaves 0 ..< m, for each value v
///
/// The buffer has one slice per rank. The ranks exchange in groups, stage by stage
/// (``RankGroups``): first the ranks of a machine, then groups of machines. In each stage a rank
/// sends to every other member of its group that member's slice of its nodes; the receiver adds the
/// slices of the group's nodes in tree order. In the next stage, what a rank holds is divided among
/// the members of its next group. Then the slices are gathered, stage by stage in reverse.
///
/// If every rank has one node, a rank sends and receives as many bytes as in a ring all-reduce, and
/// a machine sends as many as one rank alone would.
///
/// The two halves can be used separately, with an update of this rank's ``slice`` in between.
///
/// Every rank must create the exchange with the same arguments and in the same order relative to
/// other exchanges. Initialization allocates all memory. Each start is a collective; ``step()`` is
/// not, and a rank calls it any number of times until it returns true. After an error, the exchange
/// cannot be used again, and its memory is kept because MPI may still write to it.
package final class TreeExchange: AllReduction {
    /// The number of values of the buffer.
    package let valueCount: Int

    /// The tree over the present leaves.
    package let tree: LeafTree

    /// The present leaves that this rank owns.
    package let ownLeaves: Range<Int>

    /// This rank's nodes, in the order that ``start(nodes:into:)`` expects; none if it owns no
    /// present leaf.
    package let ownNodes: [LeafTree.Node]

    /// The slices of the buffer, by rank.
    package let slices: SlicePartition

    /// The values of this rank's slice.
    package let slice: Range<Int>

    package var nodeCount: Int { ownNodes.count }

    /// The default maximum number of values per message: 1 MiB, chosen by measurement.
    package static let defaultPieceCount = 1 << 18

    /// The messages that this rank sends in a whole all-reduce.
    package let plannedTraffic: Traffic

    private enum Phase {
        case idle
        case reducing(isGatheringNext: Bool)
        case gathering
    }

    private let reduction: StagedReduction
    private let gather: StagedGather
    private var phase = Phase.idle
    private var output: FloatView?
    // Set while MPI may read or write this object's memory.
    private var selfWhileInFlight: TreeExchange?

    /// Creates the exchange and its memory: two pieces for each node that a stage receives, and the
    /// nodes between stages (``ReductionPlan/scratchCount``).
    ///
    /// - Parameters:
    ///   - leafCount: M, the full number of leaves, which determines the leaves of each rank.
    ///   - presentLeaves: m, the number of leaves of this batch; less than M in a tail batch.
    ///   - valueCount: The number of values of each leaf, node and sum.
    ///   - alignment: The alignment of slices, in values.
    ///   - pieceCount: The maximum number of values per message.
    ///   - groups: The groups that exchange; `nil` for those of the machines.
    /// - Precondition: `0 <= m <= M`; `valueCount` is not negative; `pieceCount` is positive.
    package init(
        group: any ProcessGroup, leafCount: Int, presentLeaves: Int, valueCount: Int,
        alignment: Int = SlicePartition.alignment,
        pieceCount: Int = TreeExchange.defaultPieceCount, groups: RankGroups? = nil
    ) {
        precondition(presentLeaves <= leafCount, "\(presentLeaves) of \(leafCount) leaves")
        precondition(
            pieceCount > 0 && pieceCount <= Int(Int32.max), "pieces of \(pieceCount) values")
        let groups = groups ?? group.rankGroups
        precondition(
            groups.rankCount == group.size,
            "an exchange of \(groups.rankCount) ranks in a group of \(group.size)")
        let mpi = group as? MPIProcessGroup
        precondition(mpi != nil || group.size == 1, "a tree exchange needs MPI or one process")
        let rank = group.rank
        let tree = LeafTree(count: presentLeaves)
        let slices = SlicePartition(count: valueCount, groups: groups, alignment: alignment)
        let reductionPlan = ReductionPlan(
            rank: rank, slices: slices, leafCount: leafCount, tree: tree, pieceCount: pieceCount)
        let gatherPlan = GatherPlan(rank: rank, slices: slices, pieceCount: pieceCount)

        self.tree = tree
        self.valueCount = valueCount
        self.slices = slices
        slice = slices[rank]
        ownLeaves = LeafTree.run(of: rank, ranks: group.size, leafCount: leafCount)
            .clamped(to: 0..<presentLeaves)
        ownNodes = reductionPlan.ownNodes
        plannedTraffic = Traffic(reductionPlan.messages + gatherPlan.messages)
        reduction = StagedReduction(group: mpi, plan: reductionPlan, tag: mpi?.makeTag() ?? 0)
        gather = StagedGather(group: mpi, plan: gatherPlan, tag: mpi?.makeTag() ?? 0)
    }

    /// Starts the whole all-reduce. Every rank must call it.
    package func start(nodes: [FloatView], into output: FloatView) throws {
        try startReduction(nodes: nodes, output: output, isGatheringNext: true)
    }

    /// Starts the first half. Afterwards this rank's ``slice`` of `output` is the sum; the rest of
    /// `output` is not defined, because the stages use it. Every rank must call it. The arguments
    /// have the same meaning as in ``start(nodes:into:)``.
    package func startReduceToSlice(nodes: [FloatView], into output: FloatView) throws {
        try startReduction(nodes: nodes, output: output, isGatheringNext: false)
    }

    /// Advances the exchange without waiting, and adds the pieces that have arrived. Returns true
    /// if it is done.
    package func step() throws -> Bool { try advance(isWaiting: false) }

    package func finish() throws {
        while !(try advance(isWaiting: true)) {}
    }

    /// Performs the first half of the all-reduce; see ``startReduceToSlice(nodes:into:)``.
    package func reduceToSlice(nodes: [FloatView], into output: FloatView) throws {
        try startReduceToSlice(nodes: nodes, into: output)
        try finish()
    }

    private func startReduction(
        nodes: [FloatView], output: FloatView, isGatheringNext: Bool
    ) throws {
        precondition(nodes.count == nodeCount, "\(nodes.count) nodes where \(nodeCount) are owned")
        for node in nodes { checkStart(node) }
        checkStart(output)
        selfWhileInFlight = self
        self.output = output
        phase = .reducing(isGatheringNext: isGatheringNext)
        try reduction.start(nodes: nodes, output: output)
    }

    private func checkStart(_ view: FloatView) {
        precondition(view.count == valueCount, "\(view.count) values of \(valueCount)")
        guard case .idle = phase else {
            preconditionFailure("an exchange is started while it is under way")
        }
    }

    private func advance(isWaiting: Bool) throws -> Bool {
        switch phase {
        case .idle:
            return true
        case .reducing(let isGatheringNext):
            guard try reduction.step(isWaiting: isWaiting) else { return false }
            if isGatheringNext, let output {
                phase = .gathering
                try gather.start(output)
                return try advance(isWaiting: false)
            }
        case .gathering:
            guard try gather.step(isWaiting: isWaiting) else { return false }
        }
        phase = .idle
        output = nil
        selfWhileInFlight = nil
        return true
    }
}
