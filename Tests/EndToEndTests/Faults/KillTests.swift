import Foundation
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// A random rank or mpirun is killed at a random moment, then the same command is given again
    /// until it is done: the end is that of an undisturbed run, bit for bit.
    ///
    /// `LRNET_FAULT_ROUNDS` makes a longer campaign, `LRNET_FAULT_SEED` another one.
    @Suite struct KillTests {
        private static func number(_ name: String, _ standard: Int) -> Int {
            ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? standard
        }

        /// What has happened in all rounds so far.
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

        @Test func anyKillAtAnyMoment() throws {
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
            // Or the folders of shared memory would be clean for no reason.
            #expect(tally.launchesWithSharedMemory > 0)
        }

        /// One run, killed once or twice.
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
                // At times at once, while ranks of a killed mpirun still hold the folder.
                areRanksGone = random(4) > 0
                guard areRanksGone else { continue }
                #expect(run.waitsForTheEndOfRanks())
                let left = run.checkpoints.contains { $0.hasSuffix(".partial") }
                if wasKilled && left { tally.killsDuringSaves += 1 }
            }
            // Ranks without an mpirun may still end the run by themselves.
            let newest = areRanksGone ? try run.newestCheckpoint() : nil
            tally.starts += 1
            let last = try run.train(ranks: 2 + random(3))
            guard last.status == 0 else { return ["exit code \(last.status): \(last.errors)"] }
            var problems = try run.differences(from: SmallRun.reference.get())
            // Never silently from the start.
            let resumed = try run.written().resumedFromStep
            if let newest, newest < 60, resumed < newest {
                problems.append("went on from step \(resumed), not \(newest)")
            }
            return problems
        }

        /// Kills a rank or mpirun, at any moment, or rank 0 in the middle of a save.
        ///
        /// - Returns: Whether something was killed; the run may have ended before.
        private func disturb(
            _ launch: Launch, _ run: TestRun, _ random: (Int) -> Int, _ tally: inout Tally
        ) throws -> Bool {
            var process: Int32?
            if random(3) == 0 {
                // Looked for before: a save takes a few milliseconds.
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

        /// What a launch shares memory and sessions through goes with it, killed or not.
        @Test func nothingIsLeftOfAKilledLaunch() throws {
            let run = try SmallRun.make()
            var launch: Launch? = try run.start(["training.steps=4000"], ranks: 3)
            let folders = try #require(launch?.ownFolders)
            #expect(launch?.waits { run.checkpoints.contains("latest") } == true)
            #expect(launch?.sharedMemoryNames.count == 3)
            #expect(folders.allSatisfy { FileBytes.exists($0) })
            launch?.signal(SIGKILL)
            #expect(try launch?.wait().status == -SIGKILL)
            #expect(run.waitsForTheEndOfRanks())
            launch = nil
            for folder in folders { #expect(!FileBytes.exists(folder)) }
        }
    }
}
