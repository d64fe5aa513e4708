import CMPI
import LRNetKernels

/// The requests of messages that are posted together and awaited together.
final class MessageRequests {
    /// The tag of these messages, which no exchange uses. Two ranks match them in order.
    private static let tag: Int32 = 0

    private var capacity = 0
    private var requests: UnsafeMutablePointer<MPI_Request?>?
    private var statuses: UnsafeMutablePointer<MPI_Status>?
    private var indices: UnsafeMutablePointer<Int32>?

    init() {}

    deinit {
        requests?.deallocate()
        statuses?.deallocate()
        indices?.deallocate()
    }

    /// Performs the messages of a round and counts those that are sent.
    func exchange(_ round: MessageRound, in values: DoubleBuffer, _ group: MPIProcessGroup) throws {
        reserve(round.sent.count + round.received.count)
        guard let requests else { return }
        var count = 0
        for message in round.received {
            let code = group.timed {
                MPI_Irecv(
                    values.base + message.offset, Int32(message.count), MPI_DOUBLE,
                    Int32(message.rank), Self.tag, group.communicator, requests + count)
            }
            try group.check(
                code, "MPI_Irecv", "\(message.count) values from rank \(message.rank)")
            count += 1
        }
        for message in round.sent {
            let code = group.timed {
                MPI_Isend(
                    values.base + message.offset, Int32(message.count), MPI_DOUBLE,
                    Int32(message.rank), Self.tag, group.communicator, requests + count)
            }
            try group.check(code, "MPI_Isend", "\(message.count) values to rank \(message.rank)")
            group.traffic.count(
                bytes: message.count * MemoryLayout<Double>.stride,
                leavesMachine: !group.rankGroups.share(group.rank, message.rank))
            count += 1
        }
        try wait(count, round, group)
    }

    /// Waits for the first `count` requests. `MPI_Waitall` is not used, because Open MPI 4.1 can
    /// hang in it after an error.
    private func wait(_ count: Int, _ round: MessageRound, _ group: MPIProcessGroup) throws {
        guard let requests, let statuses, let indices else { return }
        var left = count
        while left > 0 {
            var completedCount: Int32 = 0
            let code = group.timed {
                MPI_Waitsome(Int32(count), requests, &completedCount, indices, statuses)
            }
            if code == MPI_ERR_IN_STATUS {
                let messages = round.received + round.sent
                for index in 0..<Int(completedCount) {
                    try group.check(
                        statuses[index].MPI_ERROR, "MPI_Waitsome",
                        "a message with rank \(messages[Int(indices[index])].rank)")
                }
            }
            try group.check(code, "MPI_Waitsome")
            if completedCount == MPI_UNDEFINED { return }
            left -= Int(completedCount)
        }
    }

    private func reserve(_ count: Int) {
        if count <= capacity { return }
        requests?.deallocate()
        statuses?.deallocate()
        indices?.deallocate()
        capacity = count
        requests = .allocate(capacity: count)
        requests?.initialize(repeating: MPI_REQUEST_NULL, count: count)
        statuses = .allocate(capacity: count)
        statuses?.initialize(repeating: MPI_Status(), count: count)
        indices = .allocate(capacity: count)
    }
}
