package import LRNetKernels
package import LRNetSupport

/// The all-reduce that keeps the order of ``LeafTree``: the same bits at any number of ranks.
///
///     output[v] = root of the tree over leaves 0 ..< m, for each value v
///
/// The buffer is sliced by rank. Each rank sends each other rank that rank's slice of its nodes; the
/// receiver adds all nodes of its slice in tree order; then the slices are gathered. A rank sends and
/// receives the bytes of a ring all-reduce when every rank has one node.
///
/// The two halves may be used alone, with an update of the own ``slice`` in between.
///
/// Every rank makes the exchange with the same arguments, in the same order relative to other
/// reductions; all memory is allocated then. Each start is a collective, ``step()`` is not: ranks
/// call it as often as they like until it returns true. After an error is thrown the exchange cannot
/// be used again, and its memory is kept because MPI may still write to it.
package final class TreeExchange: AllReduction {
    /// The number of values of the buffer.
    package let valueCount: Int

    /// The tree over the leaves that are present.
    package let tree: LeafTree

    /// The leaves that this rank owns and that are present.
    package let ownLeaves: Range<Int>

    /// This rank's nodes, in the order that ``start(nodes:into:)`` expects; none if it owns no leaf.
    package let ownNodes: [LeafTree.Node]

    /// The slices of the buffer, by rank.
    package let slices: SlicePartition

    /// The values of this rank's slice.
    package let slice: Range<Int>

    /// The number of ``ownNodes``.
    package var nodeCount: Int { ownNodes.count }

    /// The values of a message, at most: 1 MiB, by measurement.
    package static let defaultPieceCount = 1 << 18

    /// What this rank sends in a whole all-reduce: each other rank's slice of its nodes, then its own
    /// slice to each of them, in pieces.
    package let plannedTraffic: Traffic

    private enum Phase {
        case idle
        case reducing(isGatheringNext: Bool)
        case gathering
    }

    private let reduction: SliceReduction
    private let gather: SliceGather
    private var phase = Phase.idle
    private var output: FloatView?
    // Set while MPI may read or write our memory.
    private var selfWhileInFlight: TreeExchange?

    /// Makes the exchange and its staging memory: two pieces for each node of the other ranks.
    ///
    /// - Parameters:
    ///   - leafCount: M, by which ranks own leaves.
    ///   - presentLeaves: m, the leaves of this batch; fewer than M in a tail batch.
    ///   - valueCount: The values of each leaf, node and sum.
    ///   - alignment: Slices begin at multiples of so many values.
    ///   - pieceCount: The values of a message, at most.
    /// - Precondition: `0 <= m <= M`; `valueCount` is not negative; `pieceCount` is positive.
    package init(
        group: any ProcessGroup, leafCount: Int, presentLeaves: Int, valueCount: Int,
        alignment: Int = SlicePartition.alignment,
        pieceCount: Int = TreeExchange.defaultPieceCount
    ) {
        precondition(presentLeaves <= leafCount, "\(presentLeaves) of \(leafCount) leaves")
        precondition(
            pieceCount > 0 && pieceCount <= Int(Int32.max), "pieces of \(pieceCount) values")
        let tree = LeafTree(count: presentLeaves)
        let runs = (0..<group.size).map {
            LeafTree.run(of: $0, ranks: group.size, leafCount: leafCount)
        }
        let nodes = runs.map { tree.nodes(covering: $0) }
        let owners = nodes.indices.flatMap { Array(repeating: $0, count: nodes[$0].count) }
        let partition = SlicePartition(
            count: valueCount, ranks: group.size, alignment: alignment)
        let mpi = group as? MPIProcessGroup
        precondition(mpi != nil || group.size == 1, "a tree exchange needs MPI or one process")

        self.tree = tree
        self.valueCount = valueCount
        ownLeaves = runs[group.rank].clamped(to: 0..<presentLeaves)
        ownNodes = nodes[group.rank]
        slices = partition
        slice = partition[group.rank]
        plannedTraffic = Self.plan(
            rank: group.rank, slices: partition, nodeCount: ownNodes.count, pieceCount: pieceCount)
        reduction = SliceReduction(
            group: mpi, rank: group.rank, partition: partition, nodeOwners: owners,
            additions: tree.additions(joining: nodes.flatMap { $0 }), pieceCount: pieceCount,
            tag: mpi?.makeTag() ?? 0)
        gather = SliceGather(
            group: mpi, rank: group.rank, partition: partition, pieceCount: pieceCount,
            tag: mpi?.makeTag() ?? 0)
    }

    private static func plan(
        rank: Int, slices: SlicePartition, nodeCount: Int, pieceCount: Int
    ) -> Traffic {
        var plan = Traffic()
        for peer in 0..<slices.ranks where peer != rank {
            for (slice, copies) in [(slices[peer], nodeCount), (slices[rank], 1)] {
                plan.messageCount += copies * ((slice.count + pieceCount - 1) / pieceCount)
                plan.byteCount += copies * slice.count * MemoryLayout<Float>.stride
            }
        }
        return plan
    }

    /// Begins the whole all-reduce. Every rank calls it.
    package func start(nodes: [FloatView], into output: FloatView) throws {
        try startReduction(nodes: nodes, output: output, isGatheringNext: true)
    }

    /// Begins the first half: afterwards this rank's ``slice`` of `output` is the sum, and the rest
    /// of `output` is as it was. Every rank calls it; arguments as in ``start(nodes:into:)``.
    package func startReduceToSlice(nodes: [FloatView], into output: FloatView) throws {
        try startReduction(nodes: nodes, output: output, isGatheringNext: false)
    }

    /// Moves the exchange on without waiting; returns true when it is done. Adds what has arrived.
    package func step() throws -> Bool { try advance(isWaiting: false) }

    /// Returns when the exchange is done.
    package func finish() throws {
        while !(try advance(isWaiting: true)) {}
    }

    /// The first half of the all-reduce; see ``startReduceToSlice(nodes:into:)``.
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
