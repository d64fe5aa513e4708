import LRNetKernels
import LRNetSupport

/// The first half of the tree exchange: every rank receives its own slice of all nodes and adds
/// them.
///
/// Slices are sent in pieces. Two pieces are in flight from each peer and two to each peer. A piece
/// is added when it has arrived from all nodes; the next piece then reuses its staging memory.
/// Sends read the caller's nodes directly.
final class SliceReduction {
    private let group: MPIProcessGroup?
    private let rank: Int
    private let partition: SlicePartition
    private let pieceCount: Int
    private let stagingCount: Int
    private let tag: Int32
    private let sum: NodeSum
    private let lanes: RequestLanes?
    private let staging: FloatBuffer

    // The nodes of all ranks, in order. This rank's nodes are a contiguous run; the others are
    // received.
    private let ownNodes: Range<Int>
    private let remoteNodes: [(node: Int, owner: Int)]
    private let peers: [Int]

    // The state of the exchange under way.
    private var nodes: [FloatView] = []
    private var output: FloatView
    private var nextReceived = 0
    private var receivedPiece = [0, 0]
    private var nextSent: [Int]

    /// - Parameters:
    ///   - group: The MPI group; `nil` for one process.
    ///   - nodeOwners: The rank of each node, in the order of the nodes.
    ///   - additions: The additions that sum the nodes to the root.
    ///   - pieceCount: The maximum number of values per message.
    init(
        group: MPIProcessGroup?, rank: Int, partition: SlicePartition, nodeOwners: [Int],
        additions: [LeafTree.Addition], pieceCount: Int, tag: Int32
    ) {
        self.group = group
        self.rank = rank
        self.partition = partition
        self.tag = tag
        self.pieceCount = pieceCount
        stagingCount = min(pieceCount, partition[rank].count)
        let first = nodeOwners.firstIndex(of: rank) ?? 0
        ownNodes = first..<first + nodeOwners.count { $0 == rank }
        remoteNodes = nodeOwners.enumerated().filter { $0.element != rank }.map { ($0, $1) }
        // Each rank starts with the next rank, so that no rank is the first peer of all others.
        peers = (1..<max(partition.ranks, 1)).map { (rank + $0) % partition.ranks }
        sum = NodeSum(slotCount: nodeOwners.count, additions: additions)
        staging = FloatBuffer(count: remoteNodes.count * 2 * stagingCount)
        output = staging[0..<0]
        nextSent = Array(repeating: 0, count: peers.count)
        let ownCount = ownNodes.count
        lanes = group.map { [remoteNodes, peers] in
            RequestLanes(
                group: $0,
                widths: [remoteNodes.count, remoteNodes.count]
                    + Array(repeating: ownCount, count: 2 * peers.count))
        }
    }

    /// Posts the first messages; ``step(isWaiting:)`` continues.
    ///
    /// - Parameters:
    ///   - nodes: This rank's nodes, which must not change until the exchange is done.
    ///   - output: The whole buffer, of which only this rank's slice is written. It can be one of
    ///     the nodes.
    func start(nodes: [FloatView], output: FloatView) throws {
        self.nodes = nodes
        self.output = output
        nextReceived = 0
        for index in nextSent.indices { nextSent[index] = 0 }
        if remoteNodes.isEmpty {
            for piece in 0..<pieces(of: partition[rank]) { add(piece, lane: 0) }
        } else {
            for lane in 0..<2 { try receiveNext(lane: lane) }
        }
        for peer in peers.indices {
            for lane in 0..<2 { try sendNext(peer: peer, lane: 2 + 2 * peer + lane) }
        }
    }

    /// Adds the pieces that have arrived, posts the next messages, and returns true if the exchange
    /// is done.
    func step(isWaiting: Bool) throws -> Bool {
        guard let lanes else { return true }
        try lanes.progress(isWaiting: isWaiting) { lane in
            if lane < 2 {
                add(receivedPiece[lane], lane: lane)
                try receiveNext(lane: lane)
            } else {
                try sendNext(peer: (lane - 2) / 2, lane: lane)
            }
        }
        return lanes.activeCount == 0
    }

    private func pieces(of slice: Range<Int>) -> Int {
        (slice.count + pieceCount - 1) / pieceCount
    }

    private func values(of piece: Int, in slice: Range<Int>) -> Range<Int> {
        let start = slice.lowerBound + piece * pieceCount
        return start..<min(start + pieceCount, slice.upperBound)
    }

    private func staged(_ position: Int, lane: Int) -> UnsafeMutablePointer<Float> {
        staging.all.pointer + (lane * remoteNodes.count + position) * stagingCount
    }

    private func receiveNext(lane: Int) throws {
        let slice = partition[rank]
        guard let lanes, nextReceived < pieces(of: slice) else { return }
        receivedPiece[lane] = nextReceived
        let count = values(of: nextReceived, in: slice).count
        nextReceived += 1
        for (position, remote) in remoteNodes.enumerated() {
            try lanes.receive(
                staged(position, lane: lane), count: count, from: remote.owner, tag: tag,
                lane: lane, position: position)
        }
    }

    private func sendNext(peer: Int, lane: Int) throws {
        let slice = partition[peers[peer]]
        guard let lanes, !nodes.isEmpty, nextSent[peer] < pieces(of: slice) else { return }
        let values = values(of: nextSent[peer], in: slice)
        nextSent[peer] += 1
        for (position, node) in nodes.enumerated() {
            try lanes.send(
                node.pointer + values.lowerBound, count: values.count, to: peers[peer], tag: tag,
                lane: lane, position: position)
        }
    }

    private func add(_ piece: Int, lane: Int) {
        let values = values(of: piece, in: partition[rank])
        for (position, node) in nodes.enumerated() {
            sum.sources[ownNodes.lowerBound + position] =
                UnsafePointer(node.pointer + values.lowerBound)
        }
        for (position, remote) in remoteNodes.enumerated() {
            sum.sources[remote.node] = UnsafePointer(staged(position, lane: lane))
        }
        sum.sum(into: output.pointer + values.lowerBound, count: values.count)
    }
}
