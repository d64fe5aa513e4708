internal import Foundation
internal import LRNetSupport
internal import Synchronization

/// The "first observed failure" block: which rank, where, doing what, and why.
package struct FailureReport: Sendable {
    /// Why a rank does not go on.
    package enum Cause: Equatable, Sendable {
        /// No beats: SIGSTOP, a frozen or unreachable host.
        case stopped
        /// Beats, but no progress.
        case hung
        /// Its connection ended without a goodbye.
        case ended
        /// Its connection ended long ago, and now there is no progress.
        case gone
        /// No progress, and no connection to the one who would know why.
        case alone
        /// An error of its own.
        case failed(String)
        /// The launcher is gone, and takes its ranks with it.
        case launcherEnded
    }

    /// What a watchdog has found.
    package struct Finding: Equatable, Sendable {
        /// The ranks, lowest first; several where they wait for each other.
        package var ranks: [Int]
        package var cause: Cause
        /// For how long it has been so.
        package var duration: Duration
        /// Ranks that send no beats, so that nothing is known of them.
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
    /// The first rank's machine.
    package var host: String
    /// The first rank's process; 0 where unknown.
    package var process: Int32
    /// What was last known of the first rank.
    package var progress: Progress
    /// Whether the watchdog ends the job.
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

    /// The title line, by which scripts and people find the block.
    package static let title = "lrnet-dist: first observed failure"

    /// The block, with the end of its last line.
    package var text: String {
        let names = finding.ranks.map(String.init).joined(separator: ", ")
        var lines = [
            Self.title,
            "  rank   \(names) of \(size)",
            "  host   \(host)" + (process > 0 ? " (process \(process))" : ""),
            "  phase  \(progress.phase.name)\(isLastHeard ? ", as last heard" : "")",
            "  step   " + (progress.step > 0 ? "\(progress.step)" : "none yet"),
            "  cause  \(cause)",
        ]
        if !finding.unknown.isEmpty {
            let unknown = finding.unknown.map(String.init).joined(separator: ", ")
            lines.append("  note   nothing is known of rank \(unknown), which sends no beats")
        }
        if endsJob {
            lines.append(
                "  end    exit code \(ExitStatus.stalled.rawValue); run the same command again")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Whether the rank may have gone on a little after its last beat.
    private var isLastHeard: Bool {
        switch finding.cause {
        case .stopped, .ended, .gone: true
        case .hung, .alone, .failed, .launcherEnded: false
        }
    }

    private var cause: String {
        let seconds = String(format: "%.1f s", finding.duration.seconds)
        switch finding.cause {
        case .stopped:
            return "stopped: no sign of life for \(seconds) (SIGSTOP, or the host is frozen or "
                + "unreachable)"
        case .hung:
            return "hung in phase \(progress.phase.name): no progress for \(seconds)"
        case .ended:
            return "its process ended without a word: killed, out of memory or crashed; the "
                + "launcher names signal or exit code"
        case .gone:
            return "lost: its connection broke, and the job has made no progress for \(seconds)"
        case .alone:
            return
                "no progress for \(seconds); rank 0's watchdog, which would know the first rank, "
                + "is out of reach"
        case .failed(let text): return text
        case .launcherEnded:
            return "the launcher (mpirun, orted or srun) ended and takes its ranks with it"
        }
    }

    /// How long a log on a slow or hanging file system is waited for.
    private static let logPatience = DispatchTimeInterval.seconds(2)
    private static let isWritten = Atomic<Bool>(false)

    /// Writes the block to standard error and, if it can be written soon, to the run's log.
    ///
    /// Only the first call of a process writes: what follows a failure is not the first one.
    ///
    /// - Parameter log: The path of `train.log`; left alone where there is no such file.
    func write(log: String?) {
        guard !Self.isWritten.exchange(true, ordering: .relaxed) else { return }
        let bytes = Array(text.utf8)
        Console.complain(text)
        guard let log else { return }
        // On a thread of its own: a file system that hangs may be why the job does.
        let done = DispatchSemaphore(value: 0)
        let isStarted: Void? = try? SystemThread.start("failure-report") {
            let file = open(PathText.cString(log), O_WRONLY | O_APPEND | O_CLOEXEC)
            if file >= 0 {
                _ = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
                close(file)
            }
            done.signal()
        }
        guard isStarted != nil else { return }
        _ = done.wait(timeout: .now() + Self.logPatience)
    }
}
