internal import LRNetSupport

/// Rank 0's watchdog: hears all ranks, and concludes. Used on its own thread only.
final class HeartbeatServer {
    /// A connection, and whose it is once its first beat has come.
    private struct Connection {
        var socket: HeartbeatSocket
        var rank: Int?
    }

    private let post: WatchdogContext
    private let listener: HeartbeatSocket?
    private var connections: [Connection] = []
    private var table: HeartbeatTable
    private var leftAt: ContinuousClock.Instant?

    /// A rank may try more than one address; what goes beyond is not ours.
    private var connectionLimit: Int { 2 * post.hostNames.count + 64 }

    init(post: WatchdogContext, listener: HeartbeatSocket?) {
        self.post = post
        self.listener = listener
        table = HeartbeatTable(size: post.hostNames.count, now: .now)
    }

    /// Watches for as long as the process lives.
    func run() {
        var before = ContinuousClock.now
        while true {
            let descriptors =
                connections.map(\.socket.number) + (listener.map { [$0.number] } ?? [])
            // Once the shutdownNotice is said its pipe stays readable.
            let shutdownNotice = leftAt == nil ? [post.shutdownNotice.descriptor] : []
            HeartbeatSocket.wait(for: descriptors + shutdownNotice, atMost: post.tick)
            let now = ContinuousClock.now
            if now - before > post.limit / 2 { table.forgive(at: now) }
            before = now
            while connections.count < connectionLimit, let socket = listener?.accepted() {
                connections.append(Connection(socket: socket))
            }
            for index in connections.indices.reversed() { serve(index, at: now) }
            table.hear(post.beat(), at: now)
            if let leftAt {
                guard post.hostNames.count > 1, now - leftAt > post.limit else { continue }
                endJob(.init(ranks: [0], cause: .hung, duration: now - leftAt))
            }
            if let words = post.shutdownNotice.take() { leave(words, at: now) }
            if leftAt == nil { judge(at: now) }
        }
    }

    private func judge(at now: ContinuousClock.Instant) {
        if post.isLauncherGone { report(.init(ranks: [0], cause: .launcherEnded)) }
        if let finding = table.finding(at: now, limit: post.limit) { endJob(finding) }
    }

    /// Hears what has come over a connection, and answers; removes it when it is closed.
    private func serve(_ index: Int, at now: ContinuousClock.Instant) {
        let socket = connections[index].socket
        let isOpen = socket.receive()
        do {
            while let beat = try Heartbeat.take(from: &socket.inbox) {
                guard beat.token == post.token, (1..<post.hostNames.count).contains(beat.rank)
                else {
                    connections.remove(at: index)
                    return
                }
                connections[index].rank = beat.rank
                table.hear(beat, at: now)
                if beat.kind == .failure {
                    report(.init(ranks: [beat.rank], cause: .failed(beat.text)))
                }
                if beat.kind == .beat { socket.send(post.beat()) }
            }
        } catch {
            // Somebody else's connection; the port is open to all.
            connections.remove(at: index)
            return
        }
        guard !isOpen else { return }
        let rank = connections[index].rank
        connections.remove(at: index)
        guard let rank, table.entries[rank].link == .connected else { return }
        table.lose(rank)
        guard leftAt == nil, !post.isBeingEnded || post.isLauncherGone else { return }
        report(.init(ranks: [rank], cause: post.isLauncherGone ? .launcherEnded : .ended))
    }

    private func leave(_ words: ShutdownNotice.Words, at now: ContinuousClock.Instant) {
        if words.kind == .failure { report(.init(ranks: [0], cause: .failed(words.text))) }
        for connection in connections { connection.socket.send(post.beat(words.kind)) }
        leftAt = now
        post.shutdownNotice.noteSaid()
    }

    private func report(_ finding: FailureReport.Finding) {
        let entry = table.entries[finding.ranks[0]]
        post.report(finding, process: entry.process, progress: entry.progress)
    }

    private func endJob(_ finding: FailureReport.Finding) -> Never {
        for connection in connections { connection.socket.send(post.beat(.goodbye)) }
        let entry = table.entries[finding.ranks[0]]
        post.endJob(finding, process: entry.process, progress: entry.progress)
    }
}
