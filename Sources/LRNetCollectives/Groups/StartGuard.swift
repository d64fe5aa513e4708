internal import LRNetSupport
internal import Synchronization

#if canImport(Glibc)
    package import Glibc
#else
    package import Darwin
#endif

/// The guard of a rank while MPI starts: it ends the process if the launcher is gone.
///
/// Open MPI 4.1 waits forever in `MPI_Init` if `mpirun` is killed at the wrong moment, because its
/// PMIx client waits for an answer that no longer comes (`ext3x_client_init`). Once MPI has started,
/// a lost launcher is noticed without this guard.
package enum StartGuard {
    private final class State: Sendable {
        let isStarted = Atomic<Bool>(false)
    }

    /// The time from the launcher's end to the process's. MPI usually notices within a second.
    private static let patience = Duration.seconds(5)

    private static let microsecondsPerLook: UInt32 = 100_000

    /// Runs `start`, and ends the process with code 81 if that lasts 5 seconds longer than the
    /// launcher.
    ///
    /// - Parameter launcher: The process that is the parent of this one while it exists.
    package static func run<Result>(launcher: pid_t = getppid(), _ start: () -> Result) -> Result {
        let state = State()
        // A process that cannot start this thread fails later, when it starts its other threads.
        try? SystemThread.start("start") {
            var lostAt: ContinuousClock.Instant?
            while !state.isStarted.load(ordering: .acquiring) {
                if getppid() != launcher {
                    let first = lostAt ?? .now
                    if .now - first > patience { endProcess(launcher) }
                    lostAt = first
                }
                usleep(microsecondsPerLook)
            }
        }
        defer { state.isStarted.store(true, ordering: .releasing) }
        return start()
    }

    private static func endProcess(_ launcher: pid_t) -> Never {
        Console.printError(
            "MPI_Init_thread: the launcher of this rank (process \(launcher)) ended while MPI "
                + "started; run the same command again\n")
        _exit(ExitStatus.stalled.rawValue)
    }
}
