/// The state of all ranks as known to rank 0's watchdog, and the detection of failures. It does no
/// input or output.
package struct HeartbeatTable {
    package typealias Instant = ContinuousClock.Instant

    /// The state of a rank's connection.
    package enum Link: Sendable {
        /// The rank has not connected yet, and may never connect.
        case awaited
        /// The rank is connected and should send heartbeats.
        case connected
        /// The connection broke.
        case lost
        /// The rank sent a shutdown notice.
        case left
    }

    /// The known state of one rank.
    package struct Entry {
        package var link = Link.awaited
        package var process: Int32 = 0
        package var progress = Progress()
        /// The time of the last heartbeat.
        package var lastHeartbeatAt: Instant
        /// The time of the last change in progress.
        package var lastProgressAt: Instant
    }

    package private(set) var entries: [Entry]

    /// The factor that extends the limit while the state of a rank is unknown: a rank that cannot
    /// send heartbeats may be busy.
    package static let unknownFactor = 10

    package init(size: Int, now: Instant) {
        entries = Array(repeating: Entry(lastHeartbeatAt: now, lastProgressAt: now), count: size)
    }

    /// Records a message from a rank.
    package mutating func record(_ heartbeat: Heartbeat, at now: Instant) {
        guard entries.indices.contains(heartbeat.rank) else { return }
        var entry = entries[heartbeat.rank]
        entry.link = heartbeat.kind == .alive ? .connected : .left
        entry.process = heartbeat.process
        entry.lastHeartbeatAt = now
        if entry.progress != heartbeat.progress { entry.lastProgressAt = now }
        entry.progress = heartbeat.progress
        entries[heartbeat.rank] = entry
    }

    /// Records that a rank's connection broke.
    package mutating func markLost(_ rank: Int) { entries[rank].link = .lost }

    /// Resets all times to `now`. This is needed after this watchdog was suspended, because the
    /// silence may have been its own.
    package mutating func resetTimes(at now: Instant) {
        for rank in entries.indices {
            entries[rank].lastHeartbeatAt = now
            entries[rank].lastProgressAt = now
        }
    }

    /// Returns the first failure that has lasted longer than `limit`; `nil` if there is none.
    ///
    /// - A connected rank without heartbeats is *stopped*: its watchdog has no other reason to be
    ///   silent.
    /// - The job is *hung* if no rank has made progress. Ranks wait for one another within a step,
    ///   so the ranks that have begun the fewest phases are the ones that the others wait for. A
    ///   rank that cannot send heartbeats may also be the cause.
    /// - The job has lost a rank (*gone*) if a connection broke earlier and no rank has made
    ///   progress since.
    package func finding(at now: Instant, limit: Duration) -> FailureReport.Finding? {
        let silent = entries.indices.filter {
            entries[$0].link == .connected && now - entries[$0].lastHeartbeatAt > limit
        }
        if let rank = silent.min(by: {
            entries[$0].lastHeartbeatAt < entries[$1].lastHeartbeatAt
        }) {
            return FailureReport.Finding(
                ranks: [rank], cause: .stopped, duration: now - entries[rank].lastHeartbeatAt)
        }
        let known = entries.indices.filter { entries[$0].link == .connected }
        let unknown = entries.indices.filter { entries[$0].link == .awaited }
        let patience = unknown.isEmpty ? limit : limit * Self.unknownFactor
        guard let moved = known.map({ entries[$0].lastProgressAt }).max(), now - moved > patience
        else { return nil }
        let lost = entries.indices.filter { entries[$0].link == .lost }
        if !lost.isEmpty {
            return FailureReport.Finding(ranks: lost, cause: .gone, duration: now - moved)
        }
        let least = known.map { entries[$0].progress.count }.min() ?? 0
        var finding = FailureReport.Finding(
            ranks: known.filter { entries[$0].progress.count == least }, cause: .hung,
            duration: now - moved)
        finding.unknown = unknown
        return finding
    }
}
