import LRNetKernels

/// The messages of a round, which are posted together and awaited together.
final class RoundMessages {
    /// The tag of these messages, which no exchange uses. Two ranks match them in order.
    private static let tag: Int32 = 0

    private var requests: MPIRequests?

    /// Performs the messages of a round and counts those that are sent.
    func exchange(_ round: MessageRound, in values: DoubleBuffer, _ group: MPIProcessGroup) throws {
        let requests = reserve(round.sent.count + round.received.count, group)
        var count = 0
        for message in round.received {
            let code = group.timed {
                group.mpi.irecv(
                    values.base + message.offset, Int32(message.count), group.handles.double,
                    Int32(message.rank), Self.tag, group.communicator, requests[count])
            }
            try group.check(
                code, "MPI_Irecv", "\(message.count) values from rank \(message.rank)")
            count += 1
        }
        for message in round.sent {
            let code = group.timed {
                group.mpi.isend(
                    values.base + message.offset, Int32(message.count), group.handles.double,
                    Int32(message.rank), Self.tag, group.communicator, requests[count])
            }
            try group.check(code, "MPI_Isend", "\(message.count) values to rank \(message.rank)")
            group.traffic.count(
                bytes: message.count * MemoryLayout<Double>.stride,
                leavesMachine: !group.rankGroups.share(group.rank, message.rank))
            count += 1
        }
        try wait(requests, count, round, group)
    }

    /// Waits for the first `count` requests.
    private func wait(
        _ requests: MPIRequests, _ count: Int, _ round: MessageRound, _ group: MPIProcessGroup
    ) throws {
        var left = count
        while left > 0 {
            let code = group.timed { requests.complete(isWaiting: true, count: count) }
            if code == group.library.layout.errorInStatus {
                let messages = round.received + round.sent
                for position in 0..<(requests.completed ?? 0) {
                    try group.check(
                        requests.error(position), "MPI_Waitsome",
                        "a message with rank \(messages[requests.index(position)].rank)")
                }
            }
            try group.check(code, "MPI_Waitsome")
            guard let completed = requests.completed else { return }
            left -= completed
        }
    }

    private func reserve(_ count: Int, _ group: MPIProcessGroup) -> MPIRequests {
        if let requests, requests.capacity >= count { return requests }
        let larger = MPIRequests(group.library, capacity: count)
        requests = larger
        return larger
    }
}
