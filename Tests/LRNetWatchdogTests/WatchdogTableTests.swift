import LRNetWatchdog
import Testing

/// The findings and the report of rank 0's watchdog, without sockets or clocks.
@Suite struct WatchdogTableTests {
    private let start = ContinuousClock.now
    private let limit = Duration.seconds(10)

    private func beat(
        _ rank: Int, _ count: UInt64, _ phase: ProgressPhase = .forward,
        kind: Heartbeat.Kind = .alive, activity: UInt64 = 0
    ) -> Heartbeat {
        Heartbeat(
            kind: kind, rank: rank, process: Int32(100 + rank), token: 1,
            progress: Progress(phase: phase, step: 3, count: count, activity: activity))
    }

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// Returns a table with a heartbeat from each of three ranks at the start.
    private func table() -> HeartbeatTable {
        var table = HeartbeatTable(size: 3, now: start)
        for rank in 0..<3 { table.record(beat(rank, 5), at: start) }
        return table
    }

    @Test func `a rank that sends no heartbeats is reported as stopped`() {
        var table = table()
        for second in 1...10 {
            for rank in [0, 2] { table.record(beat(rank, UInt64(5 + second)), at: at(second)) }
        }
        #expect(table.finding(at: at(10), limit: limit) == nil)
        #expect(
            table.finding(at: at(11), limit: limit)
                == .init(ranks: [1], cause: .stopped, duration: .seconds(11)))
        table.record(beat(1, 6), at: at(11))
        #expect(table.finding(at: at(11), limit: limit) == nil)
    }

    @Test func `without progress, the rank furthest behind is reported as hung`() {
        var table = table()
        table.record(beat(0, 7), at: at(1))
        table.record(beat(1, 7), at: at(2))
        for rank in 0..<3 { table.record(beat(rank, rank == 2 ? 5 : 7), at: at(12)) }
        #expect(table.finding(at: at(12), limit: limit) == nil)
        #expect(
            table.finding(at: at(13), limit: limit)
                == .init(ranks: [2], cause: .hung, duration: .seconds(11)))
    }

    @Test func `ranks that are equally far behind are all reported`() {
        var table = table()
        table.record(beat(1, 6), at: at(1))
        for rank in 0..<3 { table.record(beat(rank, rank == 1 ? 6 : 5), at: at(20)) }
        #expect(table.finding(at: at(20), limit: limit)?.ranks == [0, 2])
    }

    /// A rank that reads a large file delays the others, which is not a failure.
    @Test func `activity of one rank counts as progress of all`() {
        var table = table()
        for second in stride(from: 5, through: 40, by: 5) {
            for rank in 0..<3 {
                table.record(
                    beat(rank, 5, activity: rank == 1 ? UInt64(second) : 0), at: at(second))
            }
            #expect(table.finding(at: at(second), limit: limit) == nil)
        }
    }

    @Test func `a rank that sent a shutdown notice is not missed`() {
        var table = table()
        table.record(beat(1, 6, kind: .shutdown), at: at(1))
        table.record(beat(2, 6, kind: .shutdown), at: at(1))
        table.record(beat(0, 6), at: at(19))
        #expect(table.finding(at: at(20), limit: limit) == nil)
    }

    @Test func `a rank that never connected is reported as unknown`() {
        var table = HeartbeatTable(size: 3, now: start)
        for rank in 0..<2 { table.record(beat(rank, 5), at: start) }
        for rank in 0..<2 { table.record(beat(rank, 5), at: at(101)) }
        #expect(table.finding(at: at(100), limit: limit) == nil)
        let finding = table.finding(at: at(101), limit: limit)
        #expect(finding?.ranks == [0, 1] && finding?.unknown == [2])
    }

    @Test func `a lost connection is not reported until progress stops`() {
        var table = table()
        table.markLost(1)
        for second in 1...30 {
            for rank in [0, 2] { table.record(beat(rank, UInt64(second + 5)), at: at(second)) }
            #expect(table.finding(at: at(second), limit: limit) == nil)
        }
        for rank in [0, 2] { table.record(beat(rank, 35), at: at(41)) }
        #expect(
            table.finding(at: at(41), limit: limit)
                == .init(ranks: [1], cause: .gone, duration: .seconds(11)))
    }

    @Test func `resetting the times after a suspension restarts the limit`() {
        var table = table()
        table.resetTimes(at: at(100))
        #expect(table.finding(at: at(110), limit: limit) == nil)
        #expect(table.finding(at: at(111), limit: limit)?.cause == .stopped)
    }

    @Test func `the report states ranks, host, phase, step, cause and end`() {
        var report = FailureReport(
            finding: .init(ranks: [1], cause: .hung, duration: .milliseconds(12_340)), size: 4,
            host: "node7", process: 123,
            progress: Progress(phase: .allReduce, step: 42), endsJob: true)
        #expect(
            report.text == """
                lrnet-dist: first observed failure
                  rank   1 of 4
                  host   node7 (process 123)
                  phase  all-reduce
                  step   42
                  cause  hung in phase all-reduce: no progress for 12.3 s
                  end    exit code 81; run the same command again

                """)
        report.finding.ranks = [1, 3]
        report.finding.cause = .ended
        report.finding.unknown = [0]
        report.progress.step = 0
        report.process = 0
        report.endsJob = false
        let lines = report.text.split(separator: "\n")
        #expect(
            lines[1...4] == [
                "  rank   1, 3 of 4", "  host   node7",
                "  phase  all-reduce, as of the last heartbeat",
                "  step   none yet",
            ])
        #expect(
            lines.last
                == "  note   the state of rank 0 is unknown, because it sends no heartbeats")
    }
}
