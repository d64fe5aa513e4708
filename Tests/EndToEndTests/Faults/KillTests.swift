import Foundation
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// A random rank or mpirun is killed at a random moment, and the same command is repeated until
    /// it succeeds. The run must end like an undisturbed one, bit for bit.
    ///
    /// `LRNET_FAULT_ROUNDS` sets the number of rounds, and `LRNET_FAULT_SEED` the seed.
    @Suite struct KillTests {
        private static func number(_ name: String, _ standard: Int) -> Int {
            ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
        }

        /// The counts of all rounds so far.
        private struct Tally {
            var rounds = 0
            var kills = 0
            var killsOfRanks = 0
            var killsDuringSaves = 0
            var starts = 0
            var mismatches = 0
            var launchesWithSharedMemory = 0

            var summary: String {
                "fault suite: \(rounds) rounds, \(kills) kills (\(killsOfRanks) of a rank, "
                    + "\(kills - killsOfRanks) of mpirun), \(killsDuringSaves) of them during a "
                    + "save, \(starts - rounds) restarts, \(mismatches) mismatches"
            }
        }

        @Test func `kills at random moments do not change the result`() throws {
            let seed = Self.number("LRNET_FAULT_SEED", 1)
            let rounds = Self.number("LRNET_FAULT_ROUNDS", 25)
            var tally = Tally()
            for number in 0..<rounds {
                let key = NoiseKey(
                    seed: UInt64(seed), purpose: .test, step: UInt32(number), layer: 81)
                let problems = try round(key, &tally)
                tally.rounds += 1
                if !problems.isEmpty { tally.mismatches += 1 }
                #expect(problems.isEmpty, "seed \(seed), round \(number)")
                if (number + 1) % 25 == 0 || number + 1 == rounds {
                    print("\(tally.summary); seed \(seed)")
                }
            }
            #expect(tally.mismatches == 0)
            #expect(tally.kills >= rounds / 2)
            #expect(tally.killsOfRanks > 0 && tally.killsOfRanks < tally.kills)
            #expect(tally.killsDuringSaves > 0)
            // Otherwise the folders of shared memory would be empty anyway. MPICH has no such files.
            #expect(tally.launchesWithSharedMemory > 0 || RankLauncher.current == .hydra)
        }

        /// Trains a run, kills it once or twice, and returns what is wrong at its end.
        private func round(_ key: NoiseKey, _ tally: inout Tally) throws -> [String] {
            let run = try SmallRun.make()
            var draw = 0
            func random(_ bound: Int) -> Int {
                draw += 1
                return key.integer(draw, below: bound)
            }
            var areRanksGone = true
            for _ in 0...random(2) {
                tally.starts += 1
                let launch = try run.start(ranks: 2 + random(3))
                let wasKilled = try disturb(launch, run, random, &tally)
                if try launch.wait().status == 0 && !wasKilled { break }
                // Some restarts are immediate, while ranks of a killed mpirun still lock the
                // folder.
                areRanksGone = random(4) > 0
                guard areRanksGone else { continue }
                #expect(run.waitForRanksToExit())
                let left = run.checkpoints.contains { $0.hasSuffix(".partial") }
                if wasKilled && left { tally.killsDuringSaves += 1 }
            }
            // Ranks without an mpirun may still finish the run by themselves.
            let newest = areRanksGone ? try run.newestCheckpoint() : nil
            tally.starts += 1
            let last = try run.train(ranks: 2 + random(3))
            guard last.status == 0 else { return ["exit code \(last.status): \(last.errors)"] }
            var problems = try run.differences(from: SmallRun.reference.get())
            // A run must never start over silently.
            let resumed = try run.written().resumedFromStep
            if let newest, newest < 60, resumed < newest {
                problems.append("went on from step \(resumed), not \(newest)")
            }
            return problems
        }

        /// Kills a rank or mpirun at any moment, or rank 0 in the middle of a save.
        ///
        /// - Returns: True if a process was killed; false if the run had already ended.
        private func disturb(
            _ launch: Launch, _ run: TestRun, _ random: (Int) -> Int, _ tally: inout Tally
        ) throws -> Bool {
            var process: Int32?
            if random(3) == 0 {
                // The process must be known first, because a save takes only a few milliseconds.
                _ = launch.waits {
                    process = run.rankProcesses()[0]
                    return process != nil
                }
                var saves = random(8)
                var last: String?
                _ = launch.waits(every: 100) {
                    let name = run.checkpoints.first { $0.hasSuffix(".partial") }
                    if name != nil && name != last { saves -= 1 }
                    last = name ?? last
                    return saves < 0
                }
                usleep(UInt32(random(1_000)))
            } else {
                let end = ContinuousClock.now + .milliseconds(random(2_000))
                _ = launch.waits { ContinuousClock.now > end }
                let target = random(5)
                if target > 0 { process = run.rankProcesses()[target - 1] }
            }
            guard launch.isRunning else { return false }
            if let process {
                kill(process, SIGKILL)
                tally.killsOfRanks += 1
            } else {
                launch.signal(SIGKILL)
            }
            tally.kills += 1
            if !launch.sharedMemoryNames.isEmpty { tally.launchesWithSharedMemory += 1 }
            return true
        }

        @Test func `ranks end by themselves if their launcher ends while MPI starts`() throws {
            let run = try SmallRun.make()
            // A stopped mpirun keeps MPI waiting. The parent of a rank is a shell, which can end.
            let launch = try Launch(
                "/bin/sh",
                ["-c", "\"$@\"; exit $?", "sh", Launch.program("lrnet-dist")] + run.arguments([]),
                ranks: 2)
            #expect(launch.waits { run.rankProcesses().count == 2 })
            launch.signal(SIGSTOP)
            // By then, the ranks know their parents.
            sleep(1)
            let shells = run.rankProcesses().values.compactMap { shell(of: $0) }
            try #require(shells.count == 2 && run.checkpoints.isEmpty)
            for shell in shells { kill(shell, SIGKILL) }
            #expect(run.waitForRanksToExit())
            for rank in run.rankProcesses().values { kill(rank, SIGKILL) }
            launch.signal(SIGKILL)
            _ = try launch.wait()
        }

        /// A launcher that is stopped ends no rank, as `srun --mpi=pmi2` without `--kill-on-bad-exit`.
        @Test func `without rank 0 the other ranks end, even if the launcher does not end them`()
            throws
        {
            let run = try SmallRun.make()
            let launch = try run.start(
                ["training.steps=40000", "watchdog.stallSeconds=3"], ranks: 3)
            #expect(launch.waits { run.checkpoints.contains("latest") })
            launch.signal(SIGSTOP)
            let ranks = run.rankProcesses()
            try #require(ranks.count == 3)
            // Rank 0 ends because rank 1 is gone, and rank 2 because rank 0 is gone.
            if let process = ranks[1] { kill(process, SIGKILL) }
            #expect(run.waitForRanksToExit())
            for rank in ranks.values { kill(rank, SIGKILL) }
            launch.signal(SIGKILL)
            _ = try launch.wait()
        }

        @Test func `a killed launch leaves no session folder and no shared memory`() throws {
            let run = try SmallRun.make()
            var launch: Launch? = try run.start(["training.steps=4000"], ranks: 3)
            let folders = try #require(launch?.ownFolders)
            #expect(launch?.waits { run.checkpoints.contains("latest") } == true)
            #expect(
                launch?.sharedMemoryNames.count == 3 || RankLauncher.current == .hydra)
            #expect(folders.allSatisfy { FileBytes.exists($0) })
            launch?.signal(SIGKILL)
            #expect(try launch?.wait().status == -SIGKILL)
            #expect(run.waitForRanksToExit())
            launch = nil
            for folder in folders { #expect(!FileBytes.exists(folder)) }
        }
    }
}
