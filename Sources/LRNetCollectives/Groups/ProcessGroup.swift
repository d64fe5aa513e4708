package import LRNetKernels
package import LRNetSupport

/// The processes that train one network together, numbered by rank from 0.
///
/// Unless a member says otherwise it is a *collective*: every rank of the group must call it, in the
/// same order, from the thread that started the group. What a collective throws on one rank may leave
/// others waiting; ``ProcessGroups/run(_:)`` therefore ends all ranks on an error that
/// was not agreed on, and ``agree(_:)`` spreads one rank's trouble before it comes to that.
package protocol ProcessGroup: AnyObject, Sendable {
    /// This process's number, `0 ..< size`. Not a collective.
    var rank: Int { get }

    /// The number of processes. Not a collective.
    var size: Int { get }

    /// The name of each rank's machine, by rank. Not a collective; gathered at the start.
    var hostNames: [String] { get }

    /// What this rank has given to MPI since the group was made. Not a collective.
    var traffic: Traffic { get }

    /// The time that this rank has spent in MPI's calls since then: waiting, copying, and asking in
    /// vain. Not a collective.
    var callTime: Duration { get }

    /// Returns when every rank has called it.
    func barrier() throws

    /// Returns `root`'s bytes on every rank.
    ///
    /// - Parameters:
    ///   - bytes: Read on `root` only, where alone the length need be known.
    ///   - root: The same on every rank.
    /// - Precondition: `root` is a rank of the group.
    func broadcast(_ bytes: [UInt8], root: Int) throws -> [UInt8]

    /// Overwrites the view with `root`'s values on every rank, in pieces where it is large.
    ///
    /// - Precondition: `root` is a rank; `view.count` is the same on every rank.
    func broadcast(_ view: FloatView, root: Int) throws

    /// Returns every rank's bytes, by rank; the lengths may differ.
    func allGather(_ bytes: [UInt8]) throws -> [[UInt8]]

    /// Gathers every rank's values, one rank's after the other's, into `gathered`.
    ///
    /// Made for the sums of batch normalisation, several times a step: lengths are not exchanged and
    /// nothing is allocated.
    ///
    /// - Parameters:
    ///   - local: This rank's values, `counts[rank]` of them.
    ///   - counts: The number of values of each rank, the same array on every rank.
    ///   - gathered: Overwritten; it must have the sum of `counts` elements already.
    /// - Precondition: The counts agree as said.
    func allGather(_ local: [Double], counts: [Int], into gathered: inout [Double]) throws

    /// Ends the whole group at once with this exit code. Not a collective: one rank suffices.
    func abort(_ status: ExitStatus) -> Never

    /// Leaves the group; no member but ``rank``, ``size`` and ``hostNames`` may be used afterwards.
    ///
    /// Calling it again does nothing.
    func finalize() throws
}

extension ProcessGroup {
    /// None: for groups that do not talk.
    package var traffic: Traffic { Traffic() }

    /// None.
    package var callTime: Duration { .zero }

    /// Whether this is rank 0. Not a collective.
    package var isCoordinator: Bool { rank == 0 }

    func checkRoot(_ root: Int) {
        precondition(root >= 0 && root < size, "root \(root) of a group of \(size)")
    }

    func checkGather(_ local: Int, _ counts: [Int], _ gathered: Int) {
        precondition(counts.count == size, "\(counts.count) counts for \(size) ranks")
        precondition(counts[rank] == local, "\(local) values where \(counts[rank]) are announced")
        var total = 0
        for count in counts { total += count }
        precondition(total == gathered, "room for \(gathered) of \(total) values")
    }
}
