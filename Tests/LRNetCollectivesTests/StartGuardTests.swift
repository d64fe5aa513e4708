import Foundation
import LRNetCollectives
import Testing

@Suite struct StartGuardTests {
    @Test func `a start that outlives the launcher ends the process`() async {
        let result = await #expect(
            processExitsWith: .exitCode(81), observing: [\.standardErrorContent]
        ) {
            // No process is its own parent.
            _ = StartGuard.run(launcher: getpid()) { sleep(60) }
        }
        let errors = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(errors.contains("ended while MPI started; run the same command again"))
    }

    @Test func `nothing happens after the start, or while the launcher exists`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            #expect(StartGuard.run(launcher: getpid()) { 7 } == 7)
            _ = StartGuard.run { sleep(6) }
            exit(7)
        }
    }
}
