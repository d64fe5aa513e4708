internal import Foundation
internal import LRNetSupport
internal import LRNetWatchdog
internal import Synchronization

/// A request to stop the run, made by a signal or by the process's time limit.
///
/// The signals are SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP and SIGXCPU (sent when a CPU-time
/// limit is exceeded). The run then saves a checkpoint after the current step, or interrupts a
/// validation, and ends with exit code 75.
///
/// A second SIGINT ends the process at once. A process must create its stop signal before anything
/// else, because until then these signals kill it. Signals that were ignored when the process
/// started stay ignored.
package final class StopSignal {
    private let flag: Flag
    private let createdAt = ContinuousClock.now
    private var deadline: ContinuousClock.Instant?

    /// Begins to record signals.
    ///
    /// - Throws: `Failure` (74) if the system cannot create a thread.
    package init() throws {
        let flag = Flag()
        self.flag = flag
        try SignalWatch.start([SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP, SIGXCPU]) { number in
            let isSecond = flag.note()
            guard number == SIGINT else { return }
            if isSecond { _exit(130) }
            Self.acknowledge()
        }
    }

    /// Acknowledges the first Ctrl-C at once. A step may take many seconds, and a second Ctrl-C
    /// would lose it.
    private static func acknowledge() {
        let start = isatty(STDERR_FILENO) == 1 ? "\n" : ""
        let line =
            "\(start)lrnet-dist: stopping after this step with a checkpoint; press Ctrl-C again to "
            + "stop without one\n"
        Console.printError(line)
    }

    /// True if a signal has arrived or the time limit is reached.
    var isWanted: Bool { flag.isSet || isDeadlinePassed }

    var isDeadlinePassed: Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }

    /// Limits the time of this process, counted from its start (`training.maxMinutes`).
    func limit(minutes: Double?) {
        deadline = minutes.map { createdAt + .seconds(60 * $0) }
    }

    /// Reports the first stop signal to a beacon, even one received earlier.
    func tell(_ beacon: ProgressBeacon) { flag.tell(beacon) }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        private let beacon = Mutex<ProgressBeacon?>(nil)

        var isSet: Bool { value.load(ordering: .relaxed) }

        /// Sets the flag; returns whether it was set already.
        func note() -> Bool {
            let wasSet = value.exchange(true, ordering: .relaxed)
            beacon.withLock { $0?.noteStopAsked() }
            return wasSet
        }

        func tell(_ beacon: ProgressBeacon) {
            self.beacon.withLock { $0 = beacon }
            if isSet { beacon.noteStopAsked() }
        }
    }
}
