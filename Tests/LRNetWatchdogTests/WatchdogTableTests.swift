import LRNetWatchdog
import Testing

/// What rank 0's watchdog concludes, and what it says; no sockets, no clocks.
@Suite struct WatchdogTableTests {
    private let start = ContinuousClock.now
    private let limit = Duration.seconds(10)

    private func beat(
        _ rank: Int, _ count: UInt64, _ phase: ProgressPhase = .forward,
        kind: Heartbeat.Kind = .beat, activity: UInt64 = 0
    ) -> Heartbeat {
        Heartbeat(
            kind: kind, rank: rank, process: Int32(100 + rank), token: 1,
            progress: Progress(phase: phase, step: 3, count: count, activity: activity))
    }

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// A table whose three ranks were all heard at the start.
    private func table() -> HeartbeatTable {
        var table = HeartbeatTable(size: 3, now: start)
        for rank in 0..<3 { table.hear(beat(rank, 5), at: start) }
        return table
    }

    @Test func silenceIsAStop() {
        var table = table()
        for second in 1...10 {
            for rank in [0, 2] { table.hear(beat(rank, UInt64(5 + second)), at: at(second)) }
        }
        #expect(table.finding(at: at(10), limit: limit) == nil)
        #expect(
            table.finding(at: at(11), limit: limit)
                == .init(ranks: [1], cause: .stopped, duration: .seconds(11)))
        table.hear(beat(1, 6), at: at(11))
        #expect(table.finding(at: at(11), limit: limit) == nil)
    }

    @Test func noProgressIsAHangOfTheLastRank() {
        var table = table()
        table.hear(beat(0, 7), at: at(1))
        table.hear(beat(1, 7), at: at(2))
        for rank in 0..<3 { table.hear(beat(rank, rank == 2 ? 5 : 7), at: at(12)) }
        #expect(table.finding(at: at(12), limit: limit) == nil)
        #expect(
            table.finding(at: at(13), limit: limit)
                == .init(ranks: [2], cause: .hung, duration: .seconds(11)))
    }

    @Test func ranksThatWaitForEachOtherAreAllNamed() {
        var table = table()
        table.hear(beat(1, 6), at: at(1))
        for rank in 0..<3 { table.hear(beat(rank, rank == 1 ? 6 : 5), at: at(20)) }
        #expect(table.finding(at: at(20), limit: limit)?.ranks == [0, 2])
    }

    /// A rank that reads a large file holds the others up, and is no failure.
    @Test func activityOfOneRankIsProgressOfAll() {
        var table = table()
        for second in stride(from: 5, through: 40, by: 5) {
            for rank in 0..<3 {
                table.hear(
                    beat(rank, 5, activity: rank == 1 ? UInt64(second) : 0), at: at(second))
            }
            #expect(table.finding(at: at(second), limit: limit) == nil)
        }
    }

    @Test func whoLeftIsNotMissed() {
        var table = table()
        table.hear(beat(1, 6, kind: .goodbye), at: at(1))
        table.hear(beat(2, 6, kind: .goodbye), at: at(1))
        table.hear(beat(0, 6), at: at(19))
        #expect(table.finding(at: at(20), limit: limit) == nil)
    }

    @Test func whoNeverConnectedIsNoted() {
        var table = HeartbeatTable(size: 3, now: start)
        for rank in 0..<2 { table.hear(beat(rank, 5), at: start) }
        for rank in 0..<2 { table.hear(beat(rank, 5), at: at(101)) }
        #expect(table.finding(at: at(100), limit: limit) == nil)
        let finding = table.finding(at: at(101), limit: limit)
        #expect(finding?.ranks == [0, 1] && finding?.unknown == [2])
    }

    @Test func lostConnectionEndsNothingByItself() {
        var table = table()
        table.lose(1)
        for second in 1...30 {
            for rank in [0, 2] { table.hear(beat(rank, UInt64(second + 5)), at: at(second)) }
            #expect(table.finding(at: at(second), limit: limit) == nil)
        }
        for rank in [0, 2] { table.hear(beat(rank, 35), at: at(41)) }
        #expect(
            table.finding(at: at(41), limit: limit)
                == .init(ranks: [1], cause: .gone, duration: .seconds(11)))
    }

    @Test func whoSleptForgives() {
        var table = table()
        table.forgive(at: at(100))
        #expect(table.finding(at: at(110), limit: limit) == nil)
        #expect(table.finding(at: at(111), limit: limit)?.cause == .stopped)
    }

    @Test func block() {
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
                "  rank   1, 3 of 4", "  host   node7", "  phase  all-reduce, as last heard",
                "  step   none yet",
            ])
        #expect(lines.last == "  note   nothing is known of rank 0, which sends no beats")
    }
}
