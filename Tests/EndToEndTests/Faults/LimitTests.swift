import Foundation
import LRNetLaunchSupport
import LRNetSupport
import Testing

extension EndToEndTests {
    /// System limits on threads, address space, and file sizes, and the permission mask.
    @Suite struct LimitTests {
        private static let isRoot = getuid() == 0

        /// Runs a command line of bash, in which `$DIST` and `$DATA` are the programs.
        private func shell(_ line: String, _ environment: [String: String] = [:]) throws
            -> Launch.Outcome
        {
            try Launch(
                "/bin/bash", ["-c", line],
                environment: [
                    "DIST": Launch.program("lrnet-dist"), "DATA": Launch.program("lrnet-data"),
                    "SWIFT_BACKTRACE": "enable=no",
                ].merging(environment) { $1 }
            ).wait()
        }

        /// The limit has the same effect as a container's limit on pids.
        @Test(.enabled(if: isRoot, "root gives its rights up to be limited"), arguments: 1...9)
        func `a command that cannot create a thread ends with one line`(limit: Int) throws {
            let run = try SmallRun.make()
            // The limit counts the threads of another user, who must reach all files.
            let place = run.folder.path
            let copy = try shell(
                "cp $DIST $DATA \(place) && cp -r \(Digits.path) \(place)/digits "
                    + "&& chmod -R a+rwX \(place)")
            try #require(copy.status == 0, "\(copy.errors)")
            let user = 34_000 + limit
            let commands = [
                "lrnet-dist train \(run.recipe) --data digits --output run --set training.threads=2 "
                    + "--set watchdog.stallSeconds=5",
                "lrnet-dist train \(run.recipe) --data digits --output other --set data.workers=3",
                "lrnet-data verify digits",
                "lrnet-data synthesize digits --output more --train 300 --validation 0 --test 0",
            ]
            for command in commands {
                let outcome = try shell(
                    "cd \(place) && exec timeout -s KILL 60 setpriv --reuid=\(user) --regid=\(user) "
                        + "--clear-groups bash -c 'ulimit -u \(limit); HOME=\(place) exec ./\(command)'"
                )
                #expect([0, 74].contains(outcome.status), "\(command): \(outcome)")
                guard outcome.status != 0 else { continue }
                let lines = outcome.complaints
                #expect(lines.count == 1, "\(lines)")
                #expect(
                    lines.first?.contains("pthread_create") == true
                        && lines.first?.contains("ulimit -u") == true, "\(lines)")
            }
        }

        @Test(.enabled(if: isRoot, "root gives its rights up to be limited"))
        func `a failed creation of threads names the option to lower`() throws {
            let run = try SmallRun.make()
            #expect(try run.train().status == 0)
            let place = run.folder.path
            let copy = try shell(
                "cp $DIST \(place) && cp -r \(Digits.path) \(place)/digits "
                    + "&& chmod -R a+rwX \(place)")
            try #require(copy.status == 0, "\(copy.errors)")
            let winner = "\(run.output)/winner.safetensors"
            let commands = [
                (
                    "train \(run.recipe) --data digits --output run --set training.threads=60",
                    "training.threads"
                ),
                ("evaluate \(run.output) --data digits --threads 60", "--threads"),
                ("predict \(winner) --data digits --split test --threads 60", "--threads"),
                (
                    "export \(winner) --format packed --output x.safetensors --data digits --threads 60",
                    "--threads"
                ),
                ("bench step --threads 60 --steps 2", "--threads or --set training.threads"),
            ]
            for (command, option) in commands {
                let outcome = try shell(
                    "cd \(place) && exec timeout -s KILL 60 setpriv --reuid=34100 --regid=34100 "
                        + "--clear-groups bash -c 'ulimit -u 40; HOME=\(place) exec ./lrnet-dist \(command)'"
                )
                #expect(outcome.status == 74, "\(command): \(outcome)")
                #expect(
                    outcome.complaints.first?.hasSuffix(", or lower \(option) (60)") == true,
                    "\(command): \(outcome.complaints)")
            }
        }

        /// OpenBLAS is not linked either, so the program starts in a small address space.
        @Test func `OpenBLAS has no threads even if the environment requests them`() throws {
            let tiny = try shell("ulimit -v 200000; exec timeout 20 $DIST --version")
            #expect(tiny.status == 0 && tiny.output.hasPrefix("0."))
            let run = try SmallRun.make()
            let launch = try run.start(
                ["training.steps=100000"], environment: ["OPENBLAS_NUM_THREADS": "48"])
            #expect(launch.waits { run.checkpoints.contains("step-00000004") })
            let process = launch.processID
            let names = TestFolder.names(in: "/proc/\(process)/task").map { task in
                (try? String(contentsOfFile: "/proc/\(process)/task/\(task)/comm", encoding: .utf8))?
                    .trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
            }.filter { !$0.isEmpty }
            launch.signal(SIGUSR1)
            #expect(try launch.wait().status == 75)
            #expect(
                names.filter { $0 != "lrnet-dist" }.sorted() == [
                    "batch-loader", "batch-loader", "lrnet-writer", "signals", "watchdog",
                ])
            let doctor = try shell("exec $DIST doctor", ["OPENBLAS_NUM_THREADS": "48"])
            #expect(doctor.output.contains("OpenBLAS 0."))
        }

        @Test(arguments: [150_000, 200_000, 250_000])
        func `training succeeds in a small address space`(kilobytes: Int) throws {
            let run = try SmallRun.make()
            let outcome = try shell(
                "ulimit -v \(kilobytes); exec timeout -s KILL 60 $DIST "
                    + run.arguments([]).joined(separator: " "))
            #expect(outcome.status == 0, "\(outcome)")
        }

        @Test(arguments: [0, 8, 24])
        func `a run that exceeds the limit of file sizes ends with a remedy`(blocks: Int) throws {
            let run = try SmallRun.make()
            let outcome = try shell(
                "(ulimit -f \(blocks); exec $DIST " + run.arguments([]).joined(separator: " ")
                    + ") 2>&1 | cat; exit ${PIPESTATUS[0]}")
            #expect(outcome.status == 74)
            #expect(outcome.output.contains("File too large; raise the limit"), "\(outcome)")
            // Nothing is half-written: the same command succeeds without the limit.
            #expect(try run.train().status == 0)
        }

        /// A colleague in the same group can resume the run.
        @Test func `a run's files are writable by the group and not by others`() throws {
            let run = try SmallRun.make()
            let outcome = try shell(
                "umask 002; exec $DIST "
                    + run.arguments(["training.steps=6"]).joined(separator: " "))
            #expect(outcome.status == 0, "\(outcome.errors)")
            let found = try shell(
                "find \(run.output) ! -perm -g+w -o -perm -o+w ! -type l | sort")
            #expect(found.output.isEmpty, "\(found.output)")
        }
    }
}
