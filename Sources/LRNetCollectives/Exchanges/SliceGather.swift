import LRNetKernels

/// One stage of a gather: every member of a group sends what it holds to all others, in place.
///
/// Two pieces are in flight from each peer and two to each peer, like in ``SliceReduction``. No
/// staging memory is needed.
final class SliceGather {
    private let members: [Int]
    private let position: Int
    private let tag: Int32
    // The positions of the other members.
    private let peers: [Int]
    private let lanes: RequestLanes?
    /// The messages of each member, as ranges of the buffer.
    private let pieces: [[[Range<Int>]]]
    private let group: MPIProcessGroup?
    /// The types of the messages of several ranges, by member and message; made on first use.
    private var types: [[RangesType?]] = []

    private var view: FloatView?
    private var nextReceived: [Int]
    private var nextSent: [Int]

    /// - Parameters:
    ///   - group: The MPI group; `nil` for one process.
    ///   - plan: The plan that contains the stage.
    init(group: MPIProcessGroup?, stage: GatherPlan.Stage, of plan: GatherPlan, tag: Int32) {
        members = stage.members
        position = stage.position
        self.tag = tag
        self.group = group
        pieces = stage.ranges.map { plan.pieces(of: $0) }
        peers = (1..<members.count).map { [position, members] in
            (position + $0) % members.count
        }
        nextReceived = Array(repeating: 0, count: peers.count)
        nextSent = nextReceived
        // Two of a peer's four lanes receive, and two send.
        lanes = group.map { [peers] in
            RequestLanes(
                group: $0, groups: plan.groups,
                widths: Array(repeating: 1, count: 4 * peers.count))
        }
    }

    /// Posts the first messages; ``step(isWaiting:)`` continues.
    func start(_ view: FloatView) throws {
        self.view = view
        if types.isEmpty, let group {
            types = try pieces.map { messages in
                try messages.map { try $0.count > 1 ? RangesType($0, group: group) : nil }
            }
        }
        for peer in peers.indices {
            nextReceived[peer] = 0
            nextSent[peer] = 0
        }
        for peer in peers.indices {
            for lane in 0..<4 { try postNext(lane: 4 * peer + lane) }
        }
    }

    /// Posts the next messages and returns true if the stage is done.
    func step(isWaiting: Bool) throws -> Bool {
        guard let lanes else { return true }
        try lanes.progress(isWaiting: isWaiting) { try postNext(lane: $0) }
        return lanes.activeCount == 0
    }

    private func postNext(lane: Int) throws {
        guard let lanes, let view else { return }
        let peer = lane / 4
        let isReceiving = lane % 4 < 2
        let member = isReceiving ? peers[peer] : position
        let next = isReceiving ? nextReceived[peer] : nextSent[peer]
        guard next < pieces[member].count else { return }
        let ranges = pieces[member][next]
        let type = types[member][next]
        let count = ranges.reduce(0) { $0 + $1.count }
        // A type's ranges count from the start of the buffer.
        let start = view.pointer + (type == nil ? ranges[0].lowerBound : 0)
        let partner = members[peers[peer]]
        if isReceiving {
            nextReceived[peer] += 1
            try lanes.receive(
                start, count: count, of: type, from: partner, tag: tag, lane: lane, position: 0)
        } else {
            nextSent[peer] += 1
            try lanes.send(
                start, count: count, of: type, to: partner, tag: tag, lane: lane, position: 0)
        }
    }
}
