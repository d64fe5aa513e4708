internal import Foundation
internal import LRNetSupport

/// What the watchdog of a rank is given, and how it speaks up.
struct WatchdogContext: Sendable {
    let rank: Int
    /// The machine of each rank.
    let hostNames: [String]
    let beacon: ProgressBeacon
    let shutdownNotice: ShutdownNotice
    /// What is too long.
    let limit: Duration
    /// The job's random number.
    let token: UInt64
    /// The path of `train.log`.
    let log: String?
    /// The process that started this one.
    let launcher: pid_t

    /// The time between beats.
    var tick: Duration { min(limit / 10, .seconds(1)) }

    /// Whether the job is being ended from outside: SIGTERM to mpirun reaches the ranks a second
    /// before their end. Of a rank's death mpirun tells the others by SIGTERM, too, but at once.
    var isBeingEnded: Bool { beacon.wasAskedToStop(secondsAgo: 0.5) }

    /// Whether the process that started this one is gone.
    var isLauncherGone: Bool { hostNames.count > 1 && getppid() != launcher }

    /// This rank's message.
    func beat(_ kind: Heartbeat.Kind = .beat, text: String = "") -> Heartbeat {
        Heartbeat(
            kind: kind, rank: rank, process: getpid(), token: token, progress: beacon.progress,
            text: text)
    }

    /// Writes the block about what was found.
    ///
    /// - Parameters:
    ///   - process: The first rank's, or 0.
    ///   - progress: What was last heard of the first rank.
    func report(
        _ finding: FailureReport.Finding, process: Int32, progress: Progress, endsJob: Bool = false
    ) {
        FailureReport(
            finding: finding, size: hostNames.count, host: hostNames[finding.ranks[0]],
            process: process, progress: progress, endsJob: endsJob
        ).write(log: log)
    }

    /// Writes the block and ends this process, and through its launcher the job.
    ///
    /// Not `exit`, which would wait for the thread that hangs, nor `MPI_Abort`, which is not this
    /// thread's to call.
    func endJob(_ finding: FailureReport.Finding, process: Int32, progress: Progress) -> Never {
        report(finding, process: process, progress: progress, endsJob: true)
        _exit(ExitStatus.stalled.rawValue)
    }

    /// Writes a warning to standard error.
    static func warn(_ text: String) {
        Console.complain("lrnet-dist: warning: \(text)\n")
    }
}
