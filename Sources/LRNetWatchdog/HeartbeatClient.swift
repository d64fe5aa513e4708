internal import Foundation
internal import LRNetSupport

/// The watchdog of a rank other than 0: beats, and watches rank 0. Used on its own thread only.
final class HeartbeatClient {
    private let post: WatchdogContext
    private let contact: Watchdog.Contact
    private var socket: HeartbeatSocket?
    private var hasLeft = false
    private var serverHasLeft = false
    /// What rank 0 last said.
    private var last: Heartbeat
    private var heardAt = ContinuousClock.now
    private var progress = Progress()
    private var movedAt = ContinuousClock.now

    /// How long each address is tried.
    private static let patience = Duration.seconds(3)
    private static let roundCount = 3

    init(post: WatchdogContext, contact: Watchdog.Contact) {
        self.post = post
        self.contact = contact
        last = Heartbeat(rank: 0, process: 0, token: contact.token)
    }

    /// Watches for as long as the process lives.
    func run() {
        connect()
        var before = ContinuousClock.now
        var beatAt = before
        while true {
            let shutdownNotice = hasLeft ? [] : [post.shutdownNotice.descriptor]
            HeartbeatSocket.wait(
                for: shutdownNotice + (socket.map { [$0.number] } ?? []), atMost: post.tick)
            let now = ContinuousClock.now
            if now - before > post.limit / 2 { (heardAt, movedAt) = (now, now) }
            before = now
            listen(at: now)
            if !hasLeft, let words = post.shutdownNotice.take() {
                socket?.send(post.beat(words.kind, text: words.text))
                (hasLeft, heardAt) = (true, now)
                post.shutdownNotice.noteSaid()
            }
            if hasLeft {
                guard now - heardAt > post.limit * 2 else { continue }
                endJob(
                    .init(ranks: [post.rank], cause: .hung, duration: now - heardAt),
                    process: getpid(), progress: post.beacon.progress)
            }
            if now - beatAt >= post.tick {
                beatAt = now
                socket?.send(post.beat())
            }
            judge(at: now)
        }
    }

    /// Connects to the first address at which rank 0 of this very job answers.
    private func connect() {
        guard contact.port != 0 else { return }
        // A private address may be another machine's here, so only an answer with the token counts.
        let isNeighbor = contact.host == post.hostNames[post.rank]
        var addresses = (isNeighbor ? ["127.0.0.1"] : []) + contact.addresses
        var trouble = "no address"
        for round in 0..<Self.roundCount {
            if round == 1 { addresses += HeartbeatSocket.addresses(of: contact.host) }
            for address in addresses {
                do {
                    socket = try HeartbeatSocket.connected(
                        to: address, port: contact.port, patience: Self.patience)
                    socket?.send(post.beat())
                    let start = ContinuousClock.now
                    last.process = 0
                    while last.process == 0, socket != nil,
                        ContinuousClock.now - start < Self.patience
                    {
                        HeartbeatSocket.wait(for: socket.map { [$0.number] } ?? [], atMost: post.tick)
                        listen(at: .now, isConnecting: true)
                    }
                    if last.process != 0 { return }
                    socket = nil
                    trouble = "\(address):\(contact.port) does not answer"
                } catch {
                    trouble = "\(error)"
                }
            }
        }
        WatchdogContext.warn(
            "rank \(post.rank) on \(post.hostNames[post.rank]): its watchdog cannot reach rank 0 on "
                + "\(contact.host) (\(trouble)); if it is stopped or killed it will not be named")
    }

    /// Hears rank 0.
    private func listen(at now: ContinuousClock.Instant, isConnecting: Bool = false) {
        guard let socket else { return }
        let isOpen = socket.receive()
        do {
            while let beat = try Heartbeat.take(from: &socket.inbox), beat.token == contact.token {
                (last, heardAt) = (beat, now)
                if beat.kind != .beat { serverHasLeft = true }
            }
            if isOpen { return }
        } catch {
            // Somebody else's port.
        }
        self.socket = nil
        guard !isConnecting, !hasLeft, !serverHasLeft else { return }
        movedAt = now
        // One block is enough, and a job that was asked to stop may end in any order.
        guard post.rank == 1, !post.isBeingEnded else { return }
        report(post.isLauncherGone ? .launcherEnded : .ended)
    }

    private func judge(at now: ContinuousClock.Instant) {
        let current = post.beacon.progress
        if current != progress { (progress, movedAt) = (current, now) }
        if serverHasLeft { return }
        // The lowest rank that lives ends the job; the others would say the same.
        let turn = post.tick * (post.rank - 1)
        if socket != nil {
            let silence = now - heardAt
            guard silence > post.limit + turn else { return }
            endJob(
                .init(ranks: [0], cause: .stopped, duration: silence), process: last.process,
                progress: last.progress)
        }
        // Rank 0 knows more, and others may be busy in a way that is not seen from here.
        let pause = now - movedAt
        guard pause > post.limit * HeartbeatTable.blindFactor + turn else { return }
        endJob(
            .init(ranks: [post.rank], cause: .alone, duration: pause), process: getpid(),
            progress: current)
    }

    /// Ends the job; with a goodbye, or rank 0 would take this rank's end for a failure.
    private func endJob(
        _ finding: FailureReport.Finding, process: Int32, progress: Progress
    ) -> Never {
        socket?.send(post.beat(.goodbye))
        post.endJob(finding, process: process, progress: progress)
    }

    private func report(_ cause: FailureReport.Cause) {
        post.report(
            .init(ranks: [0], cause: cause), process: last.process, progress: last.progress)
    }
}
