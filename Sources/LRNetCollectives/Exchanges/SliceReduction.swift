import LRNetKernels
import LRNetSupport

/// One stage of the first half of the tree exchange: every member of a group receives its slice of
/// all members' nodes and adds them to the nodes of the group.
///
/// Slices are sent in pieces. Two pieces are in flight from each peer and two to each peer. A piece
/// is added when it has arrived from all nodes; the next piece then reuses its staging memory.
/// Sends read the given nodes directly.
final class SliceReduction {
    private let stage: ReductionPlan.Stage
    private let pieceCount: Int
    private let stagingCount: Int
    private let tag: Int32
    private let sums: [NodeSum]
    private let lanes: RequestLanes?
    private let staging: FloatBuffer

    /// A node's place among the sources of the sums.
    private struct Place {
        let sum: Int
        let slot: Int
    }

    // The nodes of all members, in order. This rank's nodes are a contiguous run; the others are
    // received.
    private let ownPlaces: [Place]
    private let remoteNodes: [(place: Place, owner: Int)]
    // The positions of the other members.
    private let peers: [Int]

    // The state of the exchange under way.
    private var nodes: [FloatView] = []
    private var results: [FloatView] = []
    private var nextReceived = 0
    private var receivedPiece = [0, 0]
    private var nextSent: [Int]

    /// - Parameters:
    ///   - group: The MPI group; `nil` for one process.
    ///   - plan: The plan that contains the stage.
    init(group: MPIProcessGroup?, stage: ReductionPlan.Stage, of plan: ReductionPlan, tag: Int32) {
        self.stage = stage
        self.tag = tag
        pieceCount = plan.pieceCount
        stagingCount = min(pieceCount, stage.own.count)
        sums = stage.sums.map { NodeSum(slotCount: $0.slots.count, additions: $0.additions) }
        let places = stage.sums.indices.flatMap { sum in
            (0..<stage.sums[sum].slots.count).map { Place(sum: sum, slot: $0) }
        }
        let owners = stage.nodeCounts.indices.flatMap {
            Array(repeating: $0, count: stage.nodeCounts[$0])
        }
        precondition(places.count == owners.count, "\(places.count) places, \(owners.count) nodes")
        let (position, radix) = (stage.position, stage.members.count)
        ownPlaces = zip(places, owners).filter { $0.1 == position }.map(\.0)
        remoteNodes = zip(places, owners).filter { $0.1 != position }.map {
            ($0, stage.members[$1])
        }
        // Each rank starts with the next member, so that no rank is the first peer of all others.
        peers = (1..<radix).map { (position + $0) % radix }
        staging = FloatBuffer(count: remoteNodes.count * 2 * stagingCount)
        nextSent = Array(repeating: 0, count: peers.count)
        lanes = group.map { [remoteNodes, peers, ownPlaces] in
            RequestLanes(
                group: $0, groups: plan.slices.groups,
                widths: [remoteNodes.count, remoteNodes.count]
                    + Array(repeating: ownPlaces.count, count: 2 * peers.count))
        }
    }

    /// Posts the first messages; ``step(isWaiting:)`` continues.
    ///
    /// - Parameters:
    ///   - nodes: This rank's nodes over the values that the stage holds, which must not change
    ///     until the stage is done.
    ///   - results: The group's nodes over this rank's slice, which are overwritten. The first one
    ///     can be this rank's slice of one of the nodes.
    func start(nodes: [FloatView], results: [FloatView]) throws {
        self.nodes = nodes
        self.results = results
        nextReceived = 0
        for index in nextSent.indices { nextSent[index] = 0 }
        if remoteNodes.isEmpty {
            for piece in 0..<pieces(of: stage.own) { add(piece, lane: 0) }
        } else {
            for lane in 0..<2 { try receiveNext(lane: lane) }
        }
        for peer in peers.indices {
            for lane in 0..<2 { try sendNext(peer: peer, lane: 2 + 2 * peer + lane) }
        }
    }

    /// Adds the pieces that have arrived, posts the next messages, and returns true if the stage
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
        guard let lanes, nextReceived < pieces(of: stage.own) else { return }
        receivedPiece[lane] = nextReceived
        let count = values(of: nextReceived, in: stage.own).count
        nextReceived += 1
        for (position, remote) in remoteNodes.enumerated() {
            try lanes.receive(
                staged(position, lane: lane), count: count, from: remote.owner, tag: tag,
                lane: lane, position: position)
        }
    }

    private func sendNext(peer: Int, lane: Int) throws {
        let slice = stage.slices[peers[peer]]
        guard let lanes, !nodes.isEmpty, nextSent[peer] < pieces(of: slice) else { return }
        let values = values(of: nextSent[peer], in: slice)
        nextSent[peer] += 1
        for (position, node) in nodes.enumerated() {
            try lanes.send(
                node.pointer + (values.lowerBound - stage.held.lowerBound), count: values.count,
                to: stage.members[peers[peer]], tag: tag, lane: lane, position: position)
        }
    }

    private func add(_ piece: Int, lane: Int) {
        let values = values(of: piece, in: stage.own)
        let offset = values.lowerBound - stage.held.lowerBound
        for (place, node) in zip(ownPlaces, nodes) {
            sums[place.sum].sources[place.slot] = UnsafePointer(node.pointer + offset)
        }
        for (position, remote) in remoteNodes.enumerated() {
            sums[remote.place.sum].sources[remote.place.slot] = UnsafePointer(
                staged(position, lane: lane))
        }
        // The first result can overwrite a node that others need, so it is the last.
        for index in sums.indices.reversed() {
            sums[index].sum(
                into: results[index].pointer + (values.lowerBound - stage.own.lowerBound),
                count: values.count)
        }
    }
}
