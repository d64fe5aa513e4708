import Foundation
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

extension EndToEndTests {
    /// Two jobs share one output folder.
    @Suite struct SharedFolderTests {
        /// The first job takes half a minute because its disk is slow.
        @Test func `a second job is refused while the first one runs`() throws {
            let run = try SmallRun.make()
            // Waiting for a lock or for a disk is not a stall.
            let settings = ["watchdog.stallSeconds=3"]
            let first = try run.start(
                settings, ranks: 2,
                environment: [FileFault.variable: "slow:call=fsync,path=checkpoints,count=30"])
            #expect(first.waits { first.errorsSoFar.contains("slow fsync of ") })
            let second = try run.train(settings, ranks: 2)
            #expect(second.status == 74, "\(second.errors)")
            #expect(
                second.complaints == [
                    "rank 0: run: \(run.output): is in use by another run, which did not end "
                        + "within 15 s; let it finish or stop it, or choose another --output"
                ])
            #expect(second.duration > .seconds(14))
            #expect(first.isRunning)
            #expect(try first.wait().status == 0)
            #expect(try run.differences(from: SmallRun.reference.get()) == [])
        }

        @Test func `a second job waits for the end of the first and resumes its run`() throws {
            let run = try SmallRun.make()
            let settings = ["training.steps=40000"]
            let first = try run.start(settings, ranks: 2)
            #expect(first.waits { run.checkpoints.contains("step-00000004") })
            let second = try run.start(settings, ranks: 3)
            usleep(1_500_000)
            #expect(second.isRunning && !run.logText.contains("resuming from"))
            first.signal(SIGUSR1)
            let outcome = try first.wait()
            // The second job removes the record of the first one's code, and hydra can return 0.
            #expect(outcome.status == 75 || RankLauncher.current == .hydra)
            let words = outcome.output.components(separatedBy: "stopped at step ").last
            let step = try #require(words?.split(separator: " ").first)
            #expect(second.waits { run.logText.contains("resuming from step \(step)\n") })
            second.signal(SIGUSR1)
            #expect(try run.code(second.wait()) == 75)
        }
    }
}
