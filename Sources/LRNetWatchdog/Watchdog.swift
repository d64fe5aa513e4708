internal import Foundation
package import LRNetCollectives
internal import LRNetSupport

/// Sees to it that no failure of a rank stops a job for good.
///
/// A rank that is stopped, hangs or dies leaves the others waiting inside MPI. So every rank has a
/// thread that makes no MPI call and talks over TCP. The protocol:
///
/// 1. Rank 0 listens on a free port of any IPv4 address and broadcasts, by MPI and once, its port,
///    host name, addresses and a random token of the job.
/// 2. Every other rank connects and sends a ``Heartbeat`` every tick (a tenth of the limit, at most one
///    second): its phase, step and progress. Rank 0 answers each with its own.
/// 3. Rank 0 concludes (``HeartbeatTable``), when something has been so for the limit: no beats, the rank
///    is *stopped*, or its host is gone; beats but no progress on any rank, the job is *hung*, and
///    the rank with the fewest phases begun is named. Phases, batches of an evaluation and pieces
///    of files are progress, so long validations, checks of data and checkpoints are none of it.
/// 4. It writes the "first observed failure" block and ends the job: `_exit(81)`, upon which the
///    launcher kills the other ranks, whatever they hang in.
/// 5. A rank whose answers from rank 0 stay out for the limit does the same; rank 1 first, each
///    further rank a tick later.
/// 6. A connection that ends without a goodbye is a process that ended: the block is written at
///    once, by rank 0, or by rank 1 if it was rank 0. Ending the job is then left to the launcher,
///    which sees the process end and knows its signal.
/// 7. A rank with an error of its own says so in its goodbye, and rank 0 writes the block.
///
/// Guaranteed is the end of the job, with exit code 81, within the limit and a few seconds, as long
/// as one rank's watchdog runs. The block is written where the process that writes it lives long
/// enough: the launcher leaves about a second after a death. A rank that cannot connect warns and
/// is watched less: its death is not reported, and its stop is noticed as a hang, after ten times
/// the limit, since it may be busy. A watchdog that was itself asleep (Ctrl-Z, a frozen virtual
/// machine) starts afresh. A phase is progress when it begins, so the limit must exceed the longest
/// one. MPI's own start and end are not watched, but for the time after the work is done.
package enum Watchdog {
    /// Where rank 0 listens.
    struct Contact: Codable, Sendable {
        /// 0 where rank 0 could not listen.
        var port: UInt16
        var token: UInt64
        var host: String
        var addresses: [String]
    }

    /// Does `work` under watch. Every rank calls it.
    ///
    /// - Parameters:
    ///   - stallSeconds: The limit; 0 for no watch at all.
    ///   - log: The run's `train.log`, to which a block is added if the file exists.
    ///   - work: Marks its progress on the beacon.
    /// - Throws: What `work` throws.
    package static func guarding<Value>(
        _ group: any ProcessGroup, stallSeconds: Int, log: String?,
        _ work: (ProgressBeacon) throws -> Value
    ) throws -> Value {
        let beacon = ProgressBeacon()
        guard stallSeconds > 0 else { return try work(beacon) }
        let shutdownNotice = try start(group, stallSeconds: stallSeconds, log: log, beacon: beacon)
        do {
            let value = try work(beacon)
            shutdownNotice.say(.goodbye)
            return value
        } catch {
            let isAgreed = (error as? Failure)?.isAgreed ?? false
            if isAgreed || group.size == 1 {
                shutdownNotice.say(.goodbye)
            } else {
                shutdownNotice.say(.failure, text: "\(error)")
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
                        + "stopped or killed will not be named")
            }
        }
        let shared = try group.broadcast(Array(JSONEncoder().encode(contact)), root: 0)
        contact = try JSONDecoder().decode(Contact.self, from: Data(shared))
        let shutdownNotice = try ShutdownNotice()
        let post = WatchdogContext(
            rank: group.rank, hostNames: group.hostNames, beacon: beacon, shutdownNotice: shutdownNotice,
            limit: .seconds(stallSeconds), token: contact.token, log: log, launcher: getppid())
        try group.agreeing {
            try SystemThread.start("watchdog") { [contact, listener] in
                if post.rank == 0 {
                    HeartbeatServer(post: post, listener: listener).run()
                } else {
                    HeartbeatClient(post: post, contact: contact).run()
                }
            }
        }
        return shutdownNotice
    }
}
