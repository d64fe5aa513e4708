internal import Foundation
internal import LRNetSupport
internal import LRNetWatchdog
internal import Synchronization

/// Notes signals that ask a run to stop (SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP, and SIGXCPU of a
/// limit on CPU time), and the end of the process's time. The run then saves a checkpoint after the
/// current step, or gives up a validation, and ends with exit code 75.
///
/// A second SIGINT ends the process at once. A process makes one, first of all it does: until then
/// such a signal kills it. What was ignored when the process started stays ignored.
package final class StopSignal {
    private let flag: Flag
    private let createdAt = ContinuousClock.now
    private var deadline: ContinuousClock.Instant?

    /// From now on signals are noted.
    ///
    /// - Throws: `Failure` (74) if the system makes no thread.
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

    /// Answers the first Ctrl-C at once: a step may take many seconds, and a second Ctrl-C loses it.
    private static func acknowledge() {
        let start = isatty(STDERR_FILENO) == 1 ? "\n" : ""
        let line =
            "\(start)lrnet-dist: stopping after this step with a checkpoint; press Ctrl-C again to "
            + "stop without one\n"
        Console.complain(line)
    }

    /// A signal has come, or the time is over.
    var isWanted: Bool { flag.isSet || isDeadlinePassed }

    var isDeadlinePassed: Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }

    /// Limits the time of this process, from its start (`training.maxMinutes`).
    func limit(minutes: Double?) {
        deadline = minutes.map { createdAt + .seconds(60 * $0) }
    }

    /// Has a beacon told of the first signal, also if that has come already.
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
