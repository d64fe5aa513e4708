import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Ranks on virtual hosts that the tests create, with TCP between them and a daemon of
    /// the launcher on each.
    @Suite(.enabled(if: VirtualHosts.isPossible)) struct SeveralHostsTests {
        private func hostsSeen(_ run: TestRun) throws -> String {
            String(decoding: try FileBytes.read("\(run.output)/environment.json"), as: UTF8.self)
        }

        @Test(arguments: [(4, 4), (2, 3)])
        func `ranks on several hosts have the results of one process`(
            hostCount: Int, ranks: Int
        ) throws {
            let run = try TestRun()
            let hosts = VirtualHosts(hostCount)
            let outcome = try hosts.startRanks(
                ranks, Launch.program("lrnet-dist"), run.arguments([])
            ).wait()
            // MPICH can hang at its end, and hydra returns 255 then.
            try #require(run.code(outcome) == 0, "\(outcome.errors)")
            let result = try run.written()
            #expect(result.ranks == ranks)
            #expect(try result.numbers == Self.alone.get())
            let seen = try hostsSeen(run)
            for host in 1...hostCount { #expect(seen.contains("\"node\(host)\""), "\(seen)") }
            #expect(hosts.namespaces.isEmpty)
        }

        /// Consecutive ranks of a host are a group; interleaved ones are not.
        @Test(arguments: [true, false])
        func `ranks that exchange within their host first have the results of one process`(
            isConsecutive: Bool
        ) throws {
            let run = try TestRun()
            let outcome = try VirtualHosts(2).startRanks(
                4, Launch.program("lrnet-dist"), run.arguments([]), isConsecutive: isConsecutive
            ).wait()
            // MPICH can hang at its end, and hydra returns 255 then.
            try #require(run.code(outcome) == 0, "\(outcome.errors)")
            #expect(try run.written().numbers == Self.alone.get())
            #expect(outcome.errors.contains("rank order") == !isConsecutive)
        }

        /// Counts are those of rank 0 of four. The network has a wide layer, whose rows are gathered.
        @Test func `the bytes that leave a host are as planned and fewer with consecutive ranks`()
            throws
        {
            let leaving = try [true, false].map { isConsecutive in
                let outcome = try VirtualHosts(2).startRanks(
                    4, Launch.program("lrnet-dist"),
                    [
                        "bench", "step", "--network", "mnist", "--global-batch", "32", "--steps",
                        "1",
                    ],
                    isConsecutive: isConsecutive
                ).wait()
                try #require(outcome.status == 0, "\(outcome.errors)")
                let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
                let fields = try #require(json as? [String: Any])
                for unit in ["messages", "bytes", "messages_leaving", "bytes_leaving"] {
                    let sent = try #require(fields["sent_\(unit)"] as? Int)
                    #expect(sent > 0 && fields["planned_\(unit)"] as? Int == sent, "\(unit)")
                }
                return try #require(fields["sent_bytes_leaving"] as? Int)
            }
            #expect(Double(leaving[0]) < 0.55 * Double(leaving[1]))
        }

        /// The results of the same run in one process.
        private static let alone = Result { try TestRun().result().numbers }

        /// hydra waits for a stopped rank on another host, so `run.sh` must end it; see below. If a rank
        /// is killed there, it returns 255, and may end the other ranks before they report it.
        private static let faults: [(String, Int32)] =
            RankLauncher.current == .openMPI ? [("kill", 137), ("stop", 81)] : [("kill", 255)]

        /// The TCP connections of the watchdogs cross hosts, too.
        @Test(arguments: faults)
        func `a failure is reported with its rank and host`(fault: String, status: Int32) throws {
            let run = try TestRun()
            let outcome = try VirtualHosts(2).startRanks(
                2, Launch.program("lrnet-dist"), run.arguments(WatchdogTests.settings),
                environment: ["LRNET_FAULT": "\(fault):rank=1,step=6"]
            ).wait()
            #expect(outcome.status == status)
            let title = "lrnet-dist: first observed failure\n  rank   1 of 2\n  host   node2 ("
            let count = outcome.errors.components(separatedBy: title).count - 1
            let isKnown = count == 1 || (count == 0 && RankLauncher.current == .hydra)
            #expect(isKnown, "\(outcome.errors)")
        }

        /// Starts a run through `launch/run.sh`.
        private func startScript(
            _ hosts: VirtualHosts, _ run: TestRun, _ options: [String], _ settings: [String],
            environment: [String: String] = [:]
        ) throws -> Launch {
            let programs = URL(filePath: try Launch.program("lrnet-dist"))
                .deletingLastPathComponent().path
            return try hosts.start(
                "\(repositoryRoot)/launch/run.sh",
                ["-n", "2", "--linger", "2", "--hostfile", "{hosts}"] + options + ["--"]
                    + run.arguments(settings),
                environment: environment.merging(["LRNET_PROGRAMS": programs]) { $1 })
        }

        @Test(arguments: ["kill", "stop"])
        func `a run with a failed rank on another host is restarted`(fault: String) throws {
            let run = try TestRun()
            let settings = WatchdogTests.settings
            let outcome = try startScript(
                VirtualHosts(2), run, [], settings,
                environment: ["LRNET_FAULT": "\(fault):rank=1,step=6,when=fresh"]
            ).wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("restart 1 of 5"), "\(outcome.errors)")
            let result = try run.written()
            #expect(result.ranks == 2)
            #expect(try result.numbers == TestRun().result(settings).numbers)
        }

        /// The watchdog detects the cut, and the launcher restarts the run on the other host.
        @Test func `a run continues without a host whose link was cut`() throws {
            let run = try TestRun()
            let hosts = VirtualHosts(2)
            let settings = [
                "training.steps=60", "checkpoint.everySteps=2", "weights=twn",
                "watchdog.stallSeconds=3",
            ]
            let launch = try startScript(hosts, run, ["--min-ranks", "1"], settings)
            #expect(launch.waits { run.checkpoints.contains("step-00000002") })
            try hosts.cut(host: 2)
            let outcome = try launch.wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
            for line in [
                "\n  host   node2 (", "run.sh: node2 does not answer",
                "run.sh: continuing with 1 of 2 ranks",
            ] { #expect(outcome.errors.contains(line), "\(outcome.errors)") }
            let result = try run.written()
            #expect(result.resumedFromStep >= 2)
            #expect(result.ranks == 1)
            let alone = try TestRun().result(settings)
            #expect(result.numbers == alone.numbers)
        }

        @Test(arguments: [
            ["0"], ["2"], ["2", "--rate", "--", "true"], ["2", "--name", "a/b", "--", "true"],
            ["2", "--rate", "fast", "--", "true"], ["200", "--", "true"],
        ])
        func `the script for virtual hosts refuses bad arguments with exit code 64`(
            arguments: [String]
        ) throws {
            let outcome = try Launch(
                "\(repositoryRoot)/launch/tools/virtual-hosts.sh", arguments
            ).wait()
            #expect(outcome.status == 64, "\(outcome.errors)")
        }

        @Test
        func `the script for virtual hosts passes exit codes on and leaves no namespaces`() throws {
            let hosts = VirtualHosts(2)
            let code = try hosts.start("bash", ["-c", "exit 7"]).wait().status
            #expect(code == 7)
            let launch = try hosts.start("sleep", ["60"])
            #expect(launch.waits { hosts.namespaces.count == 3 })
            launch.signal(SIGTERM)
            let outcome = try launch.wait()
            #expect(outcome.status == 128 + SIGTERM)
            #expect(outcome.duration < .seconds(30))
            #expect(hosts.namespaces.isEmpty)
        }
    }
}
