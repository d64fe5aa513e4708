internal import LRNetSupport

/// Rank 0's watchdog. It receives the heartbeats of all ranks and detects failures, and is used
/// only on the watchdog's thread.
final class HeartbeatServer {
    private struct Connection {
        var socket: HeartbeatSocket
        var openedAt: ContinuousClock.Instant
        /// The connected rank; `nil` until its first heartbeat.
        var rank: Int?
    }

    private let context: WatchdogContext
    private let listener: HeartbeatSocket?
    private var connections: [Connection] = []
    private var buffer = HeartbeatSocket.makeBuffer()
    private var table: HeartbeatTable
    private var leftAt: ContinuousClock.Instant?

    /// The maximum number of connections. A rank may try several addresses; more connections than
    /// this are not from this job.
    private var connectionLimit: Int { 2 * context.hostNames.count + 64 }

    /// The time within which a connection must send a heartbeat of this job. A rank sends one as
    /// soon as it is connected.
    private static let identificationTime = Duration.seconds(10)

    init(context: WatchdogContext, listener: HeartbeatSocket?) {
        self.context = context
        self.listener = listener
        table = HeartbeatTable(size: context.hostNames.count, now: .now)
    }

    /// Monitors all ranks until the process ends.
    func run() {
        var before = ContinuousClock.now
        while true {
            let isReadable = wait()
            let now = ContinuousClock.now
            if now - before > context.limit / 2 { table.resetTimes(at: now) }
            before = now
            let own = context.heartbeat()
            let answer = own.encoded
            for index in connections.indices.reversed() where isReadable[index] {
                serve(index, answer: answer, at: now)
            }
            updateConnections(at: now)
            table.record(own, at: now)
            if let leftAt {
                guard context.hostNames.count > 1, now - leftAt > context.limit else { continue }
                endJob(.init(ranks: [0], cause: .hung, duration: now - leftAt))
            }
            if let message = context.shutdownNotice.take() { leave(message, at: now) }
            if leftAt == nil { check(at: now) }
        }
    }

    /// Waits for messages.
    ///
    /// A pause comes first, in which the messages of many ranks arrive. A few calls of `poll` each
    /// second, each of which costs time for every connection, then serve any number of ranks. Only
    /// the shutdown notice ends the pause.
    ///
    /// - Returns: For each connection, and then for other descriptors, true if it is readable.
    private func wait() -> [Bool] {
        // The pipe stays readable after the shutdown notice.
        let notice = leftAt == nil ? [context.shutdownNotice.descriptor] : []
        HeartbeatSocket.wait(for: notice, atMost: context.tick / 20)
        let isFull = connections.count >= connectionLimit
        let entrance = isFull ? [] : listener.map { [$0.number] } ?? []
        return HeartbeatSocket.wait(
            for: connections.map(\.socket.number) + entrance + notice, atMost: context.tick)
    }

    /// Closes connections that have not identified themselves in time, and accepts new ones.
    private func updateConnections(at now: ContinuousClock.Instant) {
        connections.removeAll { $0.rank == nil && now - $0.openedAt > Self.identificationTime }
        while connections.count < connectionLimit, let socket = listener?.accepted() {
            connections.append(Connection(socket: socket, openedAt: now))
        }
    }

    private func check(at now: ContinuousClock.Instant) {
        if context.isLauncherGone { report(.init(ranks: [0], cause: .launcherEnded)) }
        if let finding = table.finding(at: now, limit: context.limit) { endJob(finding) }
    }

    /// Receives the messages of a connection and answers heartbeats. Removes the connection when it
    /// is closed.
    private func serve(_ index: Int, answer: [UInt8], at now: ContinuousClock.Instant) {
        let socket = connections[index].socket
        let isOpen = socket.receive(through: &buffer)
        do {
            while let heartbeat = try Heartbeat.take(from: &socket.inbox) {
                guard heartbeat.token == context.token,
                    (1..<context.hostNames.count).contains(heartbeat.rank)
                else {
                    connections.remove(at: index)
                    return
                }
                connections[index].rank = heartbeat.rank
                table.record(heartbeat, at: now)
                if heartbeat.kind == .failure {
                    report(.init(ranks: [heartbeat.rank], cause: .failed(heartbeat.text)))
                }
                if heartbeat.kind == .alive { socket.send(answer) }
            }
        } catch {
            // The connection is from another program; the port is open to all.
            connections.remove(at: index)
            return
        }
        guard !isOpen else { return }
        let rank = connections[index].rank
        connections.remove(at: index)
        guard let rank, table.entries[rank].link == .connected else { return }
        table.markLost(rank)
        guard leftAt == nil, !context.isBeingEnded || context.isLauncherGone else { return }
        report(.init(ranks: [rank], cause: context.isLauncherGone ? .launcherEnded : .ended))
    }

    private func leave(_ message: ShutdownNotice.Message, at now: ContinuousClock.Instant) {
        if message.kind == .failure { report(.init(ranks: [0], cause: .failed(message.text))) }
        for connection in connections { connection.socket.send(context.heartbeat(message.kind)) }
        leftAt = now
        context.shutdownNotice.confirm()
    }

    private func report(_ finding: FailureReport.Finding) {
        let entry = table.entries[finding.ranks[0]]
        context.report(finding, process: entry.process, progress: entry.progress)
    }

    private func endJob(_ finding: FailureReport.Finding) -> Never {
        for connection in connections { connection.socket.send(context.heartbeat(.shutdown)) }
        let entry = table.entries[finding.ranks[0]]
        context.endJob(finding, process: entry.process, progress: entry.progress)
    }
}
