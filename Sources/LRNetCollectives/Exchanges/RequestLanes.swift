/// The non-blocking messages of one exchange, in lanes.
///
/// A lane is a set of messages that are posted together and are useful only when all of them have
/// completed: one piece of a slice, from every node. Messages between two ranks have the same tag
/// and are matched in the order in which they are posted.
final class RequestLanes {
    /// The number of messages under way.
    private(set) var activeCount = 0

    private let group: MPIProcessGroup
    private let groups: RankGroups
    private let slotCount: Int
    private let laneOfSlot: [Int]
    private let firstSlot: [Int]
    private var pending: [Int]
    private let requests: MPIRequests
    /// The other rank of the message in each slot, for error messages.
    private var peerOfSlot: [Int]

    /// - Parameters:
    ///   - groups: The machines of the ranks, for counting.
    ///   - widths: The number of messages of each lane.
    init(group: MPIProcessGroup, groups: RankGroups, widths: [Int]) {
        self.group = group
        self.groups = groups
        slotCount = widths.reduce(0, +)
        laneOfSlot = widths.indices.flatMap { Array(repeating: $0, count: widths[$0]) }
        var first = 0
        firstSlot = widths.map { width in
            defer { first += width }
            return first
        }
        pending = Array(repeating: 0, count: widths.count)
        peerOfSlot = Array(repeating: 0, count: slotCount)
        requests = MPIRequests(group.library, capacity: slotCount)
    }

    /// Posts the send of message `position` of a lane.
    ///
    /// - Parameter type: The ranges of `values` that have `count` values in all; `nil` for one range
    ///   at the start.
    func send(
        _ values: UnsafePointer<Float>, count: Int, of type: RangesType? = nil, to peer: Int,
        tag: Int32, lane: Int, position: Int
    ) throws {
        let slot = firstSlot[lane] + position
        let code = group.timed {
            group.mpi.isend(
                values, type == nil ? Int32(count) : 1, type?.handle ?? group.handles.float,
                Int32(peer), tag, group.communicator, requests[slot])
        }
        try group.check(code, "MPI_Isend", "\(count) values to rank \(peer)")
        group.traffic.count(
            bytes: count * MemoryLayout<Float>.stride,
            leavesMachine: !groups.share(group.rank, peer))
        peerOfSlot[slot] = peer
        pending[lane] += 1
        activeCount += 1
    }

    /// Posts the receive of message `position` of a lane. `type` is as in ``send``.
    func receive(
        _ values: UnsafeMutablePointer<Float>, count: Int, of type: RangesType? = nil,
        from peer: Int, tag: Int32, lane: Int, position: Int
    ) throws {
        let slot = firstSlot[lane] + position
        let code = group.timed {
            group.mpi.irecv(
                values, type == nil ? Int32(count) : 1, type?.handle ?? group.handles.float,
                Int32(peer), tag, group.communicator, requests[slot])
        }
        try group.check(code, "MPI_Irecv", "\(count) values from rank \(peer)")
        peerOfSlot[slot] = peer
        pending[lane] += 1
        activeCount += 1
    }

    /// Gives MPI time to move data, and calls `finished` for each lane whose last message has
    /// completed. `finished` can post new messages in the lane.
    ///
    /// - Parameter isWaiting: True waits until at least one message has completed.
    func progress(isWaiting: Bool, _ finished: (Int) throws -> Void) throws {
        if activeCount == 0 { return }
        let code = group.timed { requests.complete(isWaiting: isWaiting, count: slotCount) }
        if code == group.library.layout.errorInStatus {
            for position in 0..<(requests.completed ?? 0) {
                try group.check(
                    requests.error(position), isWaiting ? "MPI_Waitsome" : "MPI_Testsome",
                    "a message with rank \(peerOfSlot[requests.index(position)])")
            }
        }
        try group.check(code, isWaiting ? "MPI_Waitsome" : "MPI_Testsome")
        for position in 0..<(requests.completed ?? 0) {
            let lane = laneOfSlot[requests.index(position)]
            pending[lane] -= 1
            activeCount -= 1
            if pending[lane] == 0 { try finished(lane) }
        }
    }
}
