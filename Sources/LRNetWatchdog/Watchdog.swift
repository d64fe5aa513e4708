internal import Foundation
package import LRNetCollectives
internal import LRNetSupport

/// A watchdog on each rank, which ensures that a job ends when a rank fails.
///
/// A rank that is stopped, hangs or dies leaves the others waiting inside MPI. Every rank therefore
/// has a thread that makes no MPI calls and communicates over TCP. The protocol:
///
/// 1. Rank 0 listens on a free port of any IPv4 address. It broadcasts its port, host name,
///    addresses and a random token of the job once, over MPI.
/// 2. Every other rank connects and sends a ``Heartbeat`` every tick (a tenth of the limit, at most
///    one second) with its phase, step and progress. Rank 0 answers each with its own. It reads
///    messages at most twenty times a tick, and closes a connection that sends no heartbeat of the
///    job within 10 seconds.
/// 3. Rank 0 detects a failure (``HeartbeatTable``) when a condition has lasted for the limit.
///    Without heartbeats, the rank is *stopped*, or its host is down. With heartbeats but no
///    progress on any rank, the job is *hung*, and the rank that has begun the fewest phases is
///    named. Phases, batches of an evaluation and pieces of files count as progress, so long
///    validations, data checks and checkpoints are not failures.
/// 4. Rank 0 writes the "first observed failure" block and ends the job with `_exit(81)`. The
///    launcher then kills the other ranks, even if they hang.
/// 5. A rank that receives no answers from rank 0 for the limit does the same: rank 1 first, and
///    each further rank one tick later.
/// 6. If a connection ends without a shutdown notice, the process has ended. Rank 0 writes the
///    block at once, or rank 1 if rank 0 ended. The launcher then ends the job, because it detects
///    the end of the process and knows its signal.
/// 7. A rank that fails with an error includes the error in its shutdown notice, and rank 0 writes
///    the block.
///
/// The job is guaranteed to end with exit code 81 within the limit and a few seconds, if at least
/// one rank's watchdog is running. The block is written only if the process that writes it lives
/// long enough: the launcher allows about a second after a rank's death.
///
/// A rank that cannot connect prints a warning and is monitored less: its death is not reported,
/// and its stop is detected as a hang after ten times the limit, because it may be busy. A watchdog
/// that was itself suspended (Ctrl-Z, a frozen virtual machine) restarts its timing. A phase counts
/// as progress when it begins, so the limit must exceed the longest phase. The startup and shutdown
/// of MPI are not monitored, except for the launcher's end during the startup (`StartGuard`) and for
/// the time after the work is done.
package enum Watchdog {
    /// The address at which rank 0 listens.
    struct Contact: Codable, Sendable {
        /// The port; 0 if rank 0 could not listen.
        var port: UInt16
        var token: UInt64
        var host: String
        var addresses: [String]
    }

    /// The time that a rank that fails leaves rank 0 to write the block, in microseconds: four
    /// times the longest interval at which rank 0 reads messages.
    private static let timeForBlock: UInt32 = 200_000

    /// Runs `work` under a watchdog. Every rank must call it.
    ///
    /// - Parameters:
    ///   - stallSeconds: The limit in seconds; 0 disables the watchdog.
    ///   - log: The run's `train.log`. The block is appended to it if the file exists.
    ///   - work: The work, which reports its progress to the beacon.
    /// - Throws: The errors of `work` and of starting the watchdog.
    package static func guarding<Value>(
        _ group: any ProcessGroup, stallSeconds: Int, log: String?,
        _ work: (ProgressBeacon) throws -> Value
    ) throws -> Value {
        let beacon = ProgressBeacon()
        guard stallSeconds > 0 else { return try work(beacon) }
        let shutdownNotice = try start(group, stallSeconds: stallSeconds, log: log, beacon: beacon)
        do {
            let value = try work(beacon)
            shutdownNotice.send(.shutdown)
            return value
        } catch {
            let isAgreed = (error as? Failure)?.isAgreed ?? false
            if isAgreed || group.size == 1 {
                shutdownNotice.send(.shutdown)
            } else {
                shutdownNotice.send(.failure, text: "\(error)")
                // Rank 0 writes the block. MPICH's launcher ends all ranks at once when this rank
                // aborts.
                if !group.isCoordinator { usleep(timeForBlock) }
            }
            throw error
        }
    }

    private static func start(
        _ group: any ProcessGroup, stallSeconds: Int, log: String?, beacon: ProgressBeacon
    ) throws -> ShutdownNotice {
        var listener: HeartbeatSocket?
        var contact = Contact(
            port: 0, token: .random(in: 1 ... .max), host: group.hostNames[0], addresses: [])
        if group.isCoordinator && group.size > 1 {
            do {
                let socket = try HeartbeatSocket.listening()
                contact.port = socket.port
                contact.addresses = HeartbeatSocket.ownAddresses()
                listener = socket
            } catch {
                WatchdogContext.warn(
                    "rank 0: the watchdog cannot listen (\(error)); a rank that is "
                        + "stopped or killed will not be reported")
            }
        }
        let shared = try group.broadcast(Array(JSONEncoder().encode(contact)), root: 0)
        contact = try JSONDecoder().decode(Contact.self, from: Data(shared))
        let shutdownNotice = try ShutdownNotice()
        let context = WatchdogContext(
            rank: group.rank, hostNames: group.hostNames, beacon: beacon,
            shutdownNotice: shutdownNotice, limit: .seconds(stallSeconds), token: contact.token,
            log: log, launcher: getppid())
        try group.agreeing {
            try SystemThread.start("watchdog") { [contact, listener] in
                if context.rank == 0 {
                    HeartbeatServer(context: context, listener: listener).run()
                } else {
                    HeartbeatClient(context: context, contact: contact).run()
                }
            }
        }
        return shutdownNotice
    }
}
