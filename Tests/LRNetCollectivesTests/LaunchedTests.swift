import Foundation
import LRNetLaunchSupport
import Testing

/// The checks under `mpirun`, one launch at a time.
@Suite(.serialized) struct LaunchedTests {
    /// Returns the number of checks that each rank runs. It has sixteen more per rank of the
    /// group, 349 for each division into groups, eight for each size of machines that divides the
    /// ranks, and two of MPI's errors require a peer. A missing
    /// check is a failure, too.
    static func checksPerRank(_ ranks: Int) -> Int {
        let machineSizes = (1...ranks).count { ranks % $0 == 0 }
        return 1334 + 8 * machineSizes + 16 * ranks + 349 * (divisions[ranks] ?? 0)
            + (ranks > 1 ? 2 : 0)
    }

    /// The number of ordered factorizations of a number of ranks, such as 6, 2 x 3 and 3 x 2.
    private static let divisions = [1: 1, 2: 1, 3: 1, 4: 2, 5: 1, 6: 3, 8: 4]

    /// The hash of all exchanged sums, which must not depend on the number of ranks.
    static let results = "4284005a82cf749c"

    @Test(arguments: [1, 2, 3, 4, 5, 6, 8])
    func `all checks pass, with equal bits on any number of ranks`(ranks: Int) throws {
        let launch = try launch(ranks: ranks, [])
        let count = ranks * Self.checksPerRank(ranks)
        #expect(launch.output == "\(count) checks, 0 failed, results \(Self.results)\n")
        #expect(launch.status == 0, "\(launch.errors)")
    }

    /// A host list may promise more slots than there are cores, and mpirun does not check it.
    @Test func `ranks that share cores finish in time`() throws {
        let launch = try launch(ranks: 8, [], hosts: "localhost:8")
        #expect(launch.status == 0, "\(launch.errors)")
        // MPICH itself does not yield when it starts, ends, and opens connections.
        #expect(launch.duration < .seconds(RankLauncher.current == .hydra ? 90 : 20))
    }

    @Test func `a rank that throws ends all ranks with its error`() throws {
        let launch = try launch(ranks: 3, ["--fail", "thrown", "--fail-rank", "1"])
        #expect(launch.status == 66)
        #expect(lines(launch, "rank 1: open: train-00001.h5: no such file") == 1)
        #expect(launch.duration < .seconds(20))
    }

    @Test func `a failure that all ranks agree on is printed once`() throws {
        let launch = try launch(ranks: 3, ["--fail", "agreed", "--fail-rank", "2"])
        #expect(launch.status == 66)
        #expect(lines(launch, "rank 2: open: train-00001.h5: no such file") == 1)
        #expect(!launch.errors.contains("MPI_ABORT"))
    }

    @Test func `a rank that exits ends all ranks`() throws {
        let launch = try launch(ranks: 3, ["--fail", "exit", "--fail-rank", "1"])
        // hydra ends all ranks, too, but returns the rank's own exit code, which is 0.
        #expect(launch.status != 0 || RankLauncher.current == .hydra)
        #expect(launch.status != Launch.timedOut)
        #expect(launch.duration < .seconds(20))
    }

    @Test func `an unknown option is a usage error that is printed once`() throws {
        let launch = try launch(ranks: 2, ["--bogus"])
        #expect(launch.status == 64)
        #expect(lines(launch, "lrnet-mpi-checks: unknown option --bogus") == 1)
    }

    @Test func `the benchmark prints one line of JSON with its traffic`() throws {
        let launch = try launch(
            ranks: 2, ["--benchmark", "--values", "10001", "--repetitions", "1"])
        #expect(launch.status == 0, "\(launch.errors)")
        let line = try JSONSerialization.jsonObject(with: Data(launch.output.utf8))
        let fields = try #require(line as? [String: Any])
        #expect(fields["ranks"] as? Int == 2)
        #expect(fields["values"] as? Int == 10_001)
        #expect(try #require(fields["ratio"] as? Double) > 0)
        // Rank 0 sends rank 1's slice of its node, and its own slice of the sum: each value once.
        for kind in ["planned", "sent"] {
            #expect(fields["\(kind)_messages"] as? Int == 2)
            #expect(fields["\(kind)_bytes"] as? Int == 4 * 10_001)
        }
    }

    /// On 3 ranks, 8 leaves are divided into runs of 3, 3 and 2. Ranks 0 and 1 have two nodes each.
    @Test func `an exchange sends the planned number of messages and bytes`() throws {
        let launch = try launch(
            ranks: 3,
            ["--benchmark", "--values", "4800", "--piece", "1000", "--repetitions", "1"])
        #expect(launch.status == 0, "\(launch.errors)")
        let line = try JSONSerialization.jsonObject(with: Data(launch.output.utf8))
        let fields = try #require(line as? [String: Any])
        let nodes = try #require(fields["nodes"] as? Int)
        // A slice of 1,600 values is two pieces. Each of two peers gets a slice of every node and
        // then a slice of the sum.
        for kind in ["planned", "sent"] {
            #expect(fields["\(kind)_messages"] as? Int == 2 * 2 * (nodes + 1))
            #expect(fields["\(kind)_bytes"] as? Int == 2 * 4 * 1600 * (nodes + 1))
        }
    }

    private func launch(
        ranks: Int, _ arguments: [String], hosts: String? = nil
    ) throws -> Launch.Outcome {
        let program = try Launch.program("lrnet-mpi-checks")
        return try Launch([RankLauncher.Part(ranks, [program] + arguments)], hosts: hosts).wait()
    }

    private func lines(_ launch: Launch.Outcome, _ text: String) -> Int {
        launch.errors.split(separator: "\n").count { $0 == text }
    }
}
