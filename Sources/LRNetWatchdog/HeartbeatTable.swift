/// What rank 0's watchdog knows of all ranks, and what it concludes; no input or output.
package struct HeartbeatTable {
    package typealias Instant = ContinuousClock.Instant

    /// How a rank is connected.
    package enum Link: Sendable {
        /// Not yet, or never.
        case awaited
        /// It beats, or should.
        case connected
        /// Its connection broke.
        case lost
        /// It said goodbye.
        case left
    }

    /// What is known of one rank.
    package struct Entry {
        package var link = Link.awaited
        package var process: Int32 = 0
        package var progress = Progress()
        /// When it was last heard.
        package var heardAt: Instant
        /// When its progress was last seen to change.
        package var movedAt: Instant
    }

    package private(set) var entries: [Entry]

    /// How many limits are waited where something is not known: a rank that cannot beat may be busy.
    package static let blindFactor = 10

    package init(size: Int, now: Instant) {
        entries = Array(repeating: Entry(heardAt: now, movedAt: now), count: size)
    }

    /// Notes what a rank says of itself.
    package mutating func hear(_ beat: Heartbeat, at now: Instant) {
        guard entries.indices.contains(beat.rank) else { return }
        var entry = entries[beat.rank]
        entry.link = beat.kind == .beat ? .connected : .left
        entry.process = beat.process
        entry.heardAt = now
        if entry.progress != beat.progress { entry.movedAt = now }
        entry.progress = beat.progress
        entries[beat.rank] = entry
    }

    /// Notes that a rank's connection broke.
    package mutating func lose(_ rank: Int) { entries[rank].link = .lost }

    /// Forgets the past: whoever judges was itself asleep, so the silence may have been its own.
    package mutating func forgive(at now: Instant) {
        for rank in entries.indices {
            entries[rank].heardAt = now
            entries[rank].movedAt = now
        }
    }

    /// The first thing that is wrong, once something has been for longer than `limit`.
    ///
    /// - A rank without beats is *stopped*: its watchdog has no other reason to be silent.
    /// - The job is *hung* when no rank has made progress. Ranks wait for one another within a step,
    ///   so the ones with the fewest phases begun are those that the others wait for. A rank that
    ///   cannot beat may be it, too.
    package func finding(at now: Instant, limit: Duration) -> FailureReport.Finding? {
        let silent = entries.indices.filter {
            entries[$0].link == .connected && now - entries[$0].heardAt > limit
        }
        if let rank = silent.min(by: { entries[$0].heardAt < entries[$1].heardAt }) {
            return FailureReport.Finding(
                ranks: [rank], cause: .stopped, duration: now - entries[rank].heardAt)
        }
        let known = entries.indices.filter { entries[$0].link == .connected }
        let unknown = entries.indices.filter { entries[$0].link == .awaited }
        let patience = unknown.isEmpty ? limit : limit * Self.blindFactor
        guard let moved = known.map({ entries[$0].movedAt }).max(), now - moved > patience else {
            return nil
        }
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
