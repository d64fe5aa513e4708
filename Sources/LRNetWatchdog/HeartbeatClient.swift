internal import Foundation
internal import LRNetSupport

/// The watchdog of a rank other than 0. It sends heartbeats and monitors rank 0, and is used only
/// on the watchdog's thread.
final class HeartbeatClient {
    private let context: WatchdogContext
    private let contact: Watchdog.Contact
    private var socket: HeartbeatSocket?
    private var buffer = HeartbeatSocket.makeBuffer()
    private var hasLeft = false
    private var serverHasLeft = false
    /// True if rank 0's connection has ended. Some launchers do not end the other ranks then.
    private var serverIsGone = false
    /// The last message from rank 0.
    private var last: Heartbeat
    private var lastHeartbeatAt = ContinuousClock.now
    private var progress = Progress()
    private var lastProgressAt = ContinuousClock.now

    /// The time for which each address is tried.
    private static let patience = Duration.seconds(3)
    private static let roundCount = 3

    init(context: WatchdogContext, contact: Watchdog.Contact) {
        self.context = context
        self.contact = contact
        last = Heartbeat(rank: 0, process: 0, token: contact.token)
    }

    /// Monitors rank 0 until the process ends.
    func run() {
        connect()
        var before = ContinuousClock.now
        var sentAt = before
        while true {
            let notice = hasLeft ? [] : [context.shutdownNotice.descriptor]
            HeartbeatSocket.wait(
                for: notice + (socket.map { [$0.number] } ?? []), atMost: context.tick)
            let now = ContinuousClock.now
            if now - before > context.limit / 2 { (lastHeartbeatAt, lastProgressAt) = (now, now) }
            before = now
            listen(at: now)
            if !hasLeft, let message = context.shutdownNotice.take() {
                socket?.send(context.heartbeat(message.kind, text: message.text))
                (hasLeft, lastHeartbeatAt) = (true, now)
                context.shutdownNotice.confirm()
            }
            if hasLeft {
                guard now - lastHeartbeatAt > context.limit * 2 else { continue }
                endJob(
                    .init(ranks: [context.rank], cause: .hung, duration: now - lastHeartbeatAt),
                    process: getpid(), progress: context.beacon.progress)
            }
            if now - sentAt >= context.tick {
                sentAt = now
                socket?.send(context.heartbeat())
            }
            check(at: now)
        }
    }

    /// Connects to the first address at which rank 0 of this job answers.
    private func connect() {
        guard contact.port != 0 else { return }
        // A private address may belong to a different machine here, so only an answer with the
        // token counts.
        let isNeighbor = contact.host == context.hostNames[context.rank]
        var addresses = (isNeighbor ? ["127.0.0.1"] : []) + contact.addresses
        var problem = "no address"
        for round in 0..<Self.roundCount {
            if round == 1 { addresses += HeartbeatSocket.addresses(of: contact.host) }
            for address in addresses {
                do {
                    socket = try HeartbeatSocket.connected(
                        to: address, port: contact.port, patience: Self.patience)
                    socket?.send(context.heartbeat())
                    let start = ContinuousClock.now
                    last.process = 0
                    while last.process == 0, socket != nil,
                        ContinuousClock.now - start < Self.patience
                    {
                        HeartbeatSocket.wait(
                            for: socket.map { [$0.number] } ?? [], atMost: context.tick)
                        listen(at: .now, isConnecting: true)
                    }
                    if last.process != 0 { return }
                    socket = nil
                    problem = "\(address):\(contact.port) does not answer"
                } catch {
                    problem = "\(error)"
                }
            }
        }
        WatchdogContext.warn(
            "rank \(context.rank) on \(context.hostNames[context.rank]): its watchdog cannot reach "
                + "rank 0 on \(contact.host) (\(problem)); if this rank is stopped or killed, it "
                + "will not be reported")
    }

    /// Receives the messages of rank 0.
    private func listen(at now: ContinuousClock.Instant, isConnecting: Bool = false) {
        guard let socket else { return }
        let isOpen = socket.receive(through: &buffer)
        do {
            while let heartbeat = try Heartbeat.take(from: &socket.inbox),
                heartbeat.token == contact.token
            {
                (last, lastHeartbeatAt) = (heartbeat, now)
                if heartbeat.kind != .alive { serverHasLeft = true }
            }
            if isOpen { return }
        } catch {
            // The port belongs to another program.
        }
        self.socket = nil
        guard !isConnecting, !hasLeft else { return }
        (serverIsGone, lastProgressAt) = (true, now)
        if serverHasLeft { return }
        // One block is enough, and the ranks of a job that was asked to stop may end in any order.
        guard context.rank == 1, !context.isBeingEnded else { return }
        report(context.isLauncherGone ? .launcherEnded : .ended)
    }

    private func check(at now: ContinuousClock.Instant) {
        let current = context.beacon.progress
        if current != progress { (progress, lastProgressAt) = (current, now) }
        let pause = now - lastProgressAt
        // The failure was reported when rank 0 left, or by rank 1.
        if serverIsGone, pause > context.limit { _exit(ExitStatus.stalled.rawValue) }
        if serverHasLeft { return }
        // The lowest running rank ends the job; the others would write the same block.
        let turn = context.tick * (context.rank - 1)
        if socket != nil {
            let silence = now - lastHeartbeatAt
            guard silence > context.limit + turn else { return }
            endJob(
                .init(ranks: [0], cause: .stopped, duration: silence), process: last.process,
                progress: last.progress)
        }
        // Rank 0 knows more, and other ranks may be busy in a way that this rank cannot detect.
        guard pause > context.limit * HeartbeatTable.unknownFactor + turn else { return }
        endJob(
            .init(ranks: [context.rank], cause: .isolated, duration: pause), process: getpid(),
            progress: current)
    }

    /// Ends the job. The shutdown notice prevents rank 0 from reporting this rank's end as a
    /// failure.
    private func endJob(
        _ finding: FailureReport.Finding, process: Int32, progress: Progress
    ) -> Never {
        socket?.send(context.heartbeat(.shutdown))
        context.endJob(finding, process: process, progress: progress)
    }

    private func report(_ cause: FailureReport.Cause) {
        context.report(
            .init(ranks: [0], cause: cause), process: last.process, progress: last.progress)
    }
}
