import Foundation
import LRNetLaunchSupport
import Testing

/// The checks under `mpirun`, one launch at a time.
@Suite(.serialized) struct LaunchedTests {
    /// The checks that each rank runs: twelve for each rank of the group, and one of MPI's errors
    /// that needs a peer. A check that is lost is a failure, too.
    static func checksPerRank(_ ranks: Int) -> Int { 1187 + 12 * ranks + (ranks > 1 ? 1 : 0) }

    /// The bits of all exchanged sums, which no number of ranks may change.
    static let results = "4284005a82cf749c"

    @Test(arguments: [1, 2, 3, 4, 5, 8]) func checksHold(ranks: Int) throws {
        let launch = try launch(ranks: ranks, [])
        let count = ranks * Self.checksPerRank(ranks)
        #expect(launch.output == "\(count) checks, 0 failed, results \(Self.results)\n")
        #expect(launch.status == 0, "\(launch.errors)")
    }

    /// A list of hosts may promise more slots than there are cores, and mpirun believes it.
    @Test func ranksThatShareCoresWaitPolitely() throws {
        let launch = try launch(ranks: 8, [], placement: ["--host", "localhost:8"])
        #expect(launch.status == 0, "\(launch.errors)")
        #expect(launch.duration < .seconds(20))
    }

    @Test func aRankThatThrowsEndsAll() throws {
        let launch = try launch(ranks: 3, ["--fail", "thrown", "--fail-rank", "1"])
        #expect(launch.status == 66)
        #expect(lines(launch, "rank 1: open: train-00001.h5: no such file") == 1)
        #expect(launch.duration < .seconds(20))
    }

    @Test func anAgreedFailureIsPrintedOnce() throws {
        let launch = try launch(ranks: 3, ["--fail", "agreed", "--fail-rank", "2"])
        #expect(launch.status == 66)
        #expect(lines(launch, "rank 2: open: train-00001.h5: no such file") == 1)
        #expect(!launch.errors.contains("MPI_ABORT"))
    }

    @Test func aRankThatLeavesEndsAll() throws {
        let launch = try launch(ranks: 3, ["--fail", "exit", "--fail-rank", "1"])
        #expect(launch.status != 0 && launch.status != Launch.timedOut)
        #expect(launch.duration < .seconds(20))
    }

    @Test func aWrongOptionIsAUsageError() throws {
        let launch = try launch(ranks: 2, ["--bogus"])
        #expect(launch.status == 64)
        #expect(lines(launch, "lrnet-mpi-checks: --bogus is no option") == 1)
    }

    @Test func theBenchmarkPrintsOneLineOfJSON() throws {
        let launch = try launch(
            ranks: 2, ["--benchmark", "--values", "10001", "--repetitions", "1"])
        #expect(launch.status == 0, "\(launch.errors)")
        let line = try JSONSerialization.jsonObject(with: Data(launch.output.utf8))
        let fields = try #require(line as? [String: Any])
        #expect(fields["ranks"] as? Int == 2)
        #expect(fields["values"] as? Int == 10_001)
        #expect(try #require(fields["ratio"] as? Double) > 0)
        // Rank 0 sends rank 1's slice of its node, and its own slice: each value once.
        for kind in ["planned", "sent"] {
            #expect(fields["\(kind)_messages"] as? Int == 2)
            #expect(fields["\(kind)_bytes"] as? Int == 4 * 10_001)
        }
    }

    /// At 3 ranks 8 leaves make runs of 3, 3 and 2 leaves, of which ranks 0 and 1 have two nodes each.
    @Test func trafficIsAsPlanned() throws {
        let launch = try launch(
            ranks: 3,
            ["--benchmark", "--values", "4800", "--piece", "1000", "--repetitions", "1"])
        #expect(launch.status == 0, "\(launch.errors)")
        let line = try JSONSerialization.jsonObject(with: Data(launch.output.utf8))
        let fields = try #require(line as? [String: Any])
        let nodes = try #require(fields["nodes"] as? Int)
        // Slices of 1,600 values are two pieces; they go to two peers: each node's, then the sum.
        for kind in ["planned", "sent"] {
            #expect(fields["\(kind)_messages"] as? Int == 2 * 2 * (nodes + 1))
            #expect(fields["\(kind)_bytes"] as? Int == 2 * 4 * 1600 * (nodes + 1))
        }
    }

    private func launch(
        ranks: Int, _ arguments: [String], placement: [String] = ["--oversubscribe"]
    ) throws -> Launch.Outcome {
        try Launch(
            Launch.program("lrnet-mpi-checks"), arguments, ranks: ranks, placement: placement
        ).wait()
    }

    private func lines(_ launch: Launch.Outcome, _ text: String) -> Int {
        launch.errors.split(separator: "\n").count { $0 == text }
    }
}
