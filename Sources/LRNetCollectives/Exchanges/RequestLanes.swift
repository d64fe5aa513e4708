import CMPI

/// The non-blocking messages of one exchange, in lanes.
///
/// A lane is a set of messages that are posted together and of use only when all have completed:
/// one piece of a slice, from every node. Messages between two ranks carry the same tag and are
/// matched in the order in which they are posted.
final class RequestLanes {
    /// The messages under way.
    private(set) var activeCount = 0

    private let group: MPIProcessGroup
    private let slotCount: Int
    private let laneOfSlot: [Int]
    private let firstSlot: [Int]
    private var pending: [Int]
    private let requests: UnsafeMutablePointer<MPI_Request?>
    private let statuses: UnsafeMutablePointer<MPI_Status>
    private let indices: UnsafeMutablePointer<Int32>

    /// - Parameter widths: The messages of each lane.
    init(group: MPIProcessGroup, widths: [Int]) {
        self.group = group
        slotCount = widths.reduce(0, +)
        laneOfSlot = widths.indices.flatMap { Array(repeating: $0, count: widths[$0]) }
        var first = 0
        firstSlot = widths.map { width in
            defer { first += width }
            return first
        }
        pending = Array(repeating: 0, count: widths.count)
        requests = .allocate(capacity: max(slotCount, 1))
        requests.initialize(repeating: MPI_REQUEST_NULL, count: max(slotCount, 1))
        statuses = .allocate(capacity: max(slotCount, 1))
        statuses.initialize(repeating: MPI_Status(), count: max(slotCount, 1))
        indices = .allocate(capacity: max(slotCount, 1))
    }

    deinit {
        requests.deallocate()
        statuses.deallocate()
        indices.deallocate()
    }

    /// Posts message `position` of a lane, to be sent.
    func send(
        _ values: UnsafePointer<Float>, count: Int, to peer: Int, tag: Int32, lane: Int,
        position: Int
    ) throws {
        let slot = firstSlot[lane] + position
        let code = group.timed {
            MPI_Isend(
                values, Int32(count), MPI_FLOAT, Int32(peer), tag, group.communicator,
                requests + slot)
        }
        try group.check(code, "MPI_Isend", "\(count) values to rank \(peer)")
        group.traffic.messageCount += 1
        group.traffic.byteCount += count * MemoryLayout<Float>.stride
        pending[lane] += 1
        activeCount += 1
    }

    /// Posts message `position` of a lane, to be received.
    func receive(
        _ values: UnsafeMutablePointer<Float>, count: Int, from peer: Int, tag: Int32, lane: Int,
        position: Int
    ) throws {
        let slot = firstSlot[lane] + position
        let code = group.timed {
            MPI_Irecv(
                values, Int32(count), MPI_FLOAT, Int32(peer), tag, group.communicator,
                requests + slot)
        }
        try group.check(code, "MPI_Irecv", "\(count) values from rank \(peer)")
        pending[lane] += 1
        activeCount += 1
    }

    /// Lets MPI move data and calls `finished` with each lane whose last message has completed;
    /// `finished` may post the lane anew.
    ///
    /// - Parameter isWaiting: Return only when at least one message has completed.
    func progress(isWaiting: Bool, _ finished: (Int) throws -> Void) throws {
        if activeCount == 0 { return }
        var completedCount: Int32 = 0
        let code = group.timed {
            isWaiting
                ? MPI_Waitsome(Int32(slotCount), requests, &completedCount, indices, statuses)
                : MPI_Testsome(Int32(slotCount), requests, &completedCount, indices, statuses)
        }
        if code == MPI_ERR_IN_STATUS {
            for index in 0..<Int(completedCount) {
                try group.check(
                    statuses[index].MPI_ERROR, isWaiting ? "MPI_Waitsome" : "MPI_Testsome",
                    "a message with rank \(statuses[index].MPI_SOURCE)")
            }
        }
        try group.check(code, isWaiting ? "MPI_Waitsome" : "MPI_Testsome")
        if completedCount == MPI_UNDEFINED { return }
        for index in 0..<Int(completedCount) {
            let lane = laneOfSlot[Int(indices[index])]
            pending[lane] -= 1
            activeCount -= 1
            if pending[lane] == 0 { try finished(lane) }
        }
    }
}
