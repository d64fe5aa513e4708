import Foundation
import LRNetWatchdog
import Testing

/// Rank 0's watchdog with many ranks, which the tests play. A watchdog never ends, so its limit
/// must exceed the time of all tests.
@Suite(.serialized) struct WatchdogLoadTests {
    private static let limit = 1_000_000
    private static let size = 1024

    /// Each rank needs two descriptors: its own one, and that of rank 0.
    private static let hasDescriptors: Bool = {
        var files = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        let need = rlim_t(2 * size + 512)
        if files.rlim_cur < need {
            files.rlim_cur = min(need, files.rlim_max)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        }
        if files.rlim_cur >= need { return true }
        FileHandle.standardError.write(
            Data("SKIPPED: a watchdog with \(size) ranks needs \(need) open files\n".utf8))
        return false
    }()

    /// Each rank sends a heartbeat once a second, as under the default limit. The ranks are spread
    /// over the second.
    @Test(.enabled(if: hasDescriptors))
    func `1,024 ranks take at most 5 percent of one core of rank 0's watchdog`() throws {
        let group = PlayedGroup(size: Self.size)
        let older = WatchdogThreads.all
        var ranks: [PlayedRank] = []
        var share = 1.0
        try Watchdog.guarding(group, stallSeconds: Self.limit, log: nil) { _ in
            ranks = try (1..<Self.size).map { try PlayedRank($0, of: group) }
            try play(&ranks, seconds: 1)
            // Other tests may start watchdogs, but none that has so much work.
            let threads = WatchdogThreads.all.subtracting(older)
            let before = threads.map { WatchdogThreads.time($0) ?? .zero }
            let start = ContinuousClock.now
            try play(&ranks, seconds: 5)
            let after = threads.map { WatchdogThreads.time($0) ?? .zero }
            let used = try #require(zip(after, before).map { $0 - $1 }.max())
            #expect(used > .zero, "the system does not report the times of threads")
            share = used / (ContinuousClock.now - start)
            for rank in ranks { rank.beat(.shutdown) }
        }
        print(String(format: "watchdog with %d ranks: %.2f %% of a core", Self.size, 100 * share))
        #expect(share <= 0.05)
        // Every heartbeat was answered, except perhaps the last one.
        for rank in ranks { #expect(rank.answerCount >= 5, "rank \(rank.rank)") }
    }

    private func play(_ ranks: inout [PlayedRank], seconds: Int) throws {
        var buffer = HeartbeatSocket.makeBuffer()
        let start = ContinuousClock.now
        for second in 0..<seconds {
            for index in ranks.indices {
                let due = start + .seconds(Double(second) + Double(index) / Double(ranks.count))
                let wait = due - .now
                if wait > .zero { usleep(UInt32(wait / .microseconds(1))) }
                let isOpen = try ranks[index].listen(through: &buffer)
                try #require(isOpen, "rank \(ranks[index].rank)")
                ranks[index].beat(count: second)
            }
        }
    }

    @Test func `a connection that sends no heartbeat is closed, and a silent rank's is not`() throws
    {
        let group = PlayedGroup(size: 3)
        try Watchdog.guarding(group, stallSeconds: Self.limit, log: nil) { _ in
            var buffer = HeartbeatSocket.makeBuffer()
            var (silent, stranger) = (try PlayedRank(1, of: group), try PlayedRank(2, of: group))
            silent.beat()
            let start = ContinuousClock.now
            while try stranger.listen(through: &buffer), ContinuousClock.now - start < .seconds(60)
            {
                usleep(10_000)
            }
            let time = ContinuousClock.now - start
            #expect(time > .seconds(9) && time < .seconds(30), "closed after \(time)")
            let isOpen = try silent.listen(through: &buffer)
            #expect(isOpen && silent.answerCount == 1)
            // A rank whose connection was closed can connect again.
            var again = try PlayedRank(2, of: group)
            again.beat()
            let end = ContinuousClock.now + .seconds(20)
            while again.answerCount == 0, ContinuousClock.now < end {
                HeartbeatSocket.wait(for: [again.socket.number], atMost: .seconds(1))
                _ = try again.listen(through: &buffer)
            }
            #expect(again.answerCount == 1)
            for rank in [silent, again] { rank.beat(.shutdown) }
        }
    }
}
