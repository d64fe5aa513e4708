import LRNetKernels

/// The second half of the tree exchange: every rank sends its slice to all others, in place.
///
/// Two pieces are in flight from each peer and two to each peer, like in ``SliceReduction``. No
/// staging memory is needed.
final class SliceGather {
    private let partition: SlicePartition
    private let rank: Int
    private let pieceCount: Int
    private let tag: Int32
    private let peers: [Int]
    private let lanes: RequestLanes?

    private var view: FloatView?
    private var nextReceived: [Int]
    private var nextSent: [Int]

    /// - Parameters:
    ///   - group: The MPI group; `nil` for one process.
    ///   - pieceCount: The maximum number of values per message.
    init(
        group: MPIProcessGroup?, rank: Int, partition: SlicePartition, pieceCount: Int, tag: Int32
    ) {
        self.partition = partition
        self.rank = rank
        self.pieceCount = pieceCount
        self.tag = tag
        peers = (1..<max(partition.ranks, 1)).map { (rank + $0) % partition.ranks }
        nextReceived = Array(repeating: 0, count: peers.count)
        nextSent = nextReceived
        // Two of a peer's four lanes receive, and two send.
        lanes = group.map { [peers] in
            RequestLanes(group: $0, widths: Array(repeating: 1, count: 4 * peers.count))
        }
    }

    /// Posts the first messages; ``step(isWaiting:)`` continues.
    func start(_ view: FloatView) throws {
        self.view = view
        for peer in peers.indices {
            nextReceived[peer] = 0
            nextSent[peer] = 0
        }
        for peer in peers.indices {
            for lane in 0..<4 { try postNext(lane: 4 * peer + lane) }
        }
    }

    /// Posts the next messages and returns true if the gather is done.
    func step(isWaiting: Bool) throws -> Bool {
        guard let lanes else { return true }
        try lanes.progress(isWaiting: isWaiting) { try postNext(lane: $0) }
        return lanes.activeCount == 0
    }

    private func postNext(lane: Int) throws {
        guard let lanes, let view else { return }
        let peer = lane / 4
        let isReceiving = lane % 4 < 2
        let piece = isReceiving ? nextReceived[peer] : nextSent[peer]
        let slice = partition[isReceiving ? peers[peer] : rank]
        let start = slice.lowerBound + piece * pieceCount
        let count = min(pieceCount, slice.upperBound - start)
        if count <= 0 { return }
        if isReceiving {
            nextReceived[peer] += 1
            try lanes.receive(
                view.pointer + start, count: count, from: peers[peer], tag: tag, lane: lane,
                position: 0)
        } else {
            nextSent[peer] += 1
            try lanes.send(
                view.pointer + start, count: count, to: peers[peer], tag: tag, lane: lane,
                position: 0)
        }
    }
}
