internal import Foundation
internal import LRNetSupport
internal import Synchronization

/// The "first observed failure" block: rank, host, phase, step and cause.
package struct FailureReport: Sendable {
    /// The cause of a failure.
    package enum Cause: Equatable, Sendable {
        /// No heartbeats: SIGSTOP, or a frozen or unreachable host.
        case stopped
        /// Heartbeats, but no progress.
        case hung
        /// The connection ended without a shutdown notice.
        case ended
        /// The connection ended earlier, and now there is no progress.
        case gone
        /// No progress, and no connection to rank 0, which would know the cause.
        case isolated
        /// An error of the rank.
        case failed(String)
        /// The launcher ended, which ends its ranks.
        case launcherEnded
    }

    /// A failure detected by a watchdog.
    package struct Finding: Equatable, Sendable {
        /// The ranks in ascending order; several if they wait for one another.
        package var ranks: [Int]
        package var cause: Cause
        /// The duration of the failure so far.
        package var duration: Duration
        /// Ranks in an unknown state, because they send no heartbeats.
        package var unknown: [Int] = []

        package init(ranks: [Int], cause: Cause, duration: Duration = .zero) {
            self.ranks = ranks
            self.cause = cause
            self.duration = duration
        }
    }

    package var finding: Finding
    /// The number of ranks.
    package var size: Int
    /// The host of the first rank.
    package var host: String
    /// The process ID of the first rank; 0 if unknown.
    package var process: Int32
    /// The last known progress of the first rank.
    package var progress: Progress
    /// True if the watchdog ends the job.
    package var endsJob: Bool

    package init(
        finding: Finding, size: Int, host: String, process: Int32, progress: Progress,
        endsJob: Bool
    ) {
        self.finding = finding
        self.size = size
        self.host = host
        self.process = process
        self.progress = progress
        self.endsJob = endsJob
    }

    /// The title line, which identifies the block for scripts and people.
    package static let title = "lrnet-dist: first observed failure"

    /// The block, including a final line break.
    package var text: String {
        let names = finding.ranks.map(String.init).joined(separator: ", ")
        var lines = [
            Self.title,
            "  rank   \(names) of \(size)",
            "  host   \(host)" + (process > 0 ? " (process \(process))" : ""),
            "  phase  \(progress.phase.name)\(isOutdated ? ", as of the last heartbeat" : "")",
            "  step   " + (progress.step > 0 ? "\(progress.step)" : "none yet"),
            "  cause  \(cause)",
        ]
        if !finding.unknown.isEmpty {
            let unknown = finding.unknown.map(String.init).joined(separator: ", ")
            let reason = finding.unknown.count == 1 ? "it sends" : "they send"
            lines.append(
                "  note   the state of rank \(unknown) is unknown, because \(reason) no heartbeats")
        }
        if endsJob {
            lines.append(
                "  end    exit code \(ExitStatus.stalled.rawValue); run the same command again")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// True if the rank may have continued for a while after its last heartbeat.
    private var isOutdated: Bool {
        switch finding.cause {
        case .stopped, .ended, .gone: true
        case .hung, .isolated, .failed, .launcherEnded: false
        }
    }

    private var cause: String {
        let seconds = String(format: "%.1f s", finding.duration.seconds)
        switch finding.cause {
        case .stopped:
            return "stopped: no heartbeat for \(seconds) (SIGSTOP, or the host is frozen or "
                + "unreachable)"
        case .hung:
            return "hung in phase \(progress.phase.name): no progress for \(seconds)"
        case .ended:
            return "its process ended without a shutdown notice: killed, out of memory or crashed; "
                + "the launcher prints the signal or exit code"
        case .gone:
            return "lost: its connection broke, and the job has made no progress for \(seconds)"
        case .isolated:
            return
                "no progress for \(seconds); rank 0's watchdog, which would know the first rank "
                + "to hang, cannot be reached"
        case .failed(let text): return text
        case .launcherEnded:
            return "the launcher (mpirun, its daemon or srun) ended, which ends its ranks"
        }
    }

    /// The maximum time to wait for a log on a slow or hung file system.
    private static let logPatience = DispatchTimeInterval.seconds(2)
    private static let isWritten = Atomic<Bool>(false)

    /// Writes the block to standard error and, if that succeeds within two seconds, to the run's
    /// log. If it ends the job, it also writes ``RunEnd``, next to the log.
    ///
    /// Only the first call in a process writes, because later failures are consequences of the
    /// first.
    ///
    /// - Parameter log: The path of `train.log`; a missing file is not created.
    func write(log: String?) {
        guard !Self.isWritten.exchange(true, ordering: .relaxed) else { return }
        let bytes = Array(text.utf8)
        Console.printError(text)
        guard let log else { return }
        // On a separate thread, because a hung file system may be what hangs the job.
        let done = DispatchSemaphore(value: 0)
        let isStarted: Void? = try? SystemThread.start("failure-report") {
            let file = open(PathText.cString(log), O_WRONLY | O_APPEND | O_CLOEXEC)
            if file >= 0 {
                _ = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
                close(file)
                // A run that has recorded its end only fails to shut down.
                let folder = PathText.folder(of: log)
                if endsJob && !RunEnd.exists(in: folder) {
                    try? RunEnd(.stalled, step: progress.step).write(to: folder)
                }
            }
            done.signal()
        }
        guard isStarted != nil else { return }
        _ = done.wait(timeout: .now() + Self.logPatience)
    }
}
