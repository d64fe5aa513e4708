internal import Foundation
internal import LRNetSupport

/// The context of a rank's watchdog, with its means of reporting.
struct WatchdogContext: Sendable {
    let rank: Int
    /// The host name of each rank.
    let hostNames: [String]
    let beacon: ProgressBeacon
    let shutdownNotice: ShutdownNotice
    /// The time after which a silent or stalled rank counts as failed.
    let limit: Duration
    /// The random number that identifies the job.
    let token: UInt64
    /// The path of `train.log`.
    let log: String?
    /// The process ID of the parent process at the start.
    let launcher: pid_t

    /// The interval between heartbeats.
    var tick: Duration { min(limit / 10, .seconds(1)) }

    /// True if the job is being ended from outside. A SIGTERM to mpirun reaches the ranks a second
    /// before they are killed. After a rank's death, mpirun also sends SIGTERM to the others, but
    /// immediately.
    var isBeingEnded: Bool { beacon.wasAskedToStop(secondsAgo: 0.5) }

    /// True if the launcher of a job with several ranks has ended.
    var isLauncherGone: Bool { hostNames.count > 1 && getppid() != launcher }

    /// Creates a message from this rank.
    func heartbeat(_ kind: Heartbeat.Kind = .alive, text: String = "") -> Heartbeat {
        Heartbeat(
            kind: kind, rank: rank, process: getpid(), token: token, progress: beacon.progress,
            text: text)
    }

    /// Writes the block about a failure.
    ///
    /// - Parameters:
    ///   - process: The process ID of the first rank, or 0 if unknown.
    ///   - progress: The last known progress of the first rank.
    func report(
        _ finding: FailureReport.Finding, process: Int32, progress: Progress, endsJob: Bool = false
    ) {
        FailureReport(
            finding: finding, size: hostNames.count, host: hostNames[finding.ranks[0]],
            process: process, progress: progress, endsJob: endsJob
        ).write(log: log)
    }

    /// Writes the block and ends this process. The launcher then ends the job.
    ///
    /// It calls neither `exit`, which would wait for the hung thread, nor `MPI_Abort`, which this
    /// thread must not call.
    func endJob(_ finding: FailureReport.Finding, process: Int32, progress: Progress) -> Never {
        report(finding, process: process, progress: progress, endsJob: true)
        _exit(ExitStatus.stalled.rawValue)
    }

    /// Writes a warning to standard error.
    static func warn(_ text: String) {
        Console.printError("lrnet-dist: warning: \(text)\n")
    }
}
