package import LRNetKernels
package import LRNetSupport

/// The processes that train one network together, numbered by rank from 0.
///
/// Every member is a *collective* unless its documentation says otherwise: all ranks of the group
/// must call it, in the same order, from the thread that started the group. If a collective throws
/// on only one rank, other ranks can hang. `ProcessGroups/run(_:)` therefore ends all ranks on an
/// error that is not agreed, and `agree(_:)` reports one rank's failure to all ranks first.
package protocol ProcessGroup: AnyObject, Sendable {
    /// This process's number, `0 ..< size`. Not a collective.
    var rank: Int { get }

    /// The number of processes. Not a collective.
    var size: Int { get }

    /// The name of each rank's machine, in rank order. Not a collective; gathered at the start.
    var hostNames: [String] { get }

    /// The groups in which the ranks exchange, by machine. Not a collective.
    var rankGroups: RankGroups { get }

    /// The data that this rank has passed to MPI since the group was created. Not a collective.
    var traffic: Traffic { get }

    /// The time that this rank has spent in MPI calls since the group was created, including waits,
    /// copies and unsuccessful polls. Not a collective.
    var callTime: Duration { get }

    /// The name and version of the MPI library; `nil` if the group does not use MPI. Not a
    /// collective.
    var mpiVersion: String? { get }

    /// Waits until every rank has called it.
    func barrier() throws

    /// Returns `root`'s bytes on every rank.
    ///
    /// - Parameters:
    ///   - bytes: The bytes to send, read only on `root`. Other ranks need not know their length.
    ///   - root: The sending rank, the same on every rank.
    /// - Precondition: `root` is a rank of the group.
    func broadcast(_ bytes: [UInt8], root: Int) throws -> [UInt8]

    /// Overwrites the bytes with `root`'s on every rank. Their count must be the same on every rank.
    func broadcast(into bytes: inout [UInt8], root: Int) throws

    /// Overwrites the view with `root`'s values on every rank. A large view is sent in pieces.
    ///
    /// - Precondition: `root` is a rank; `view.count` is the same on every rank.
    func broadcast(_ view: FloatView, root: Int) throws

    /// Returns every rank's bytes, in rank order. The lengths can differ.
    func allGather(_ bytes: [UInt8]) throws -> [[UInt8]]

    /// Returns every rank's bytes on rank 0, in rank order, and `nil` on other ranks. The lengths
    /// can differ.
    func gather(_ bytes: [UInt8]) throws -> [[UInt8]]?

    /// Gathers the slices of a buffer on rank 0.
    ///
    /// - Parameters:
    ///   - own: This rank's slice.
    ///   - slices: The slices of the buffer by rank, the same on every rank.
    ///   - whole: The buffer on rank 0, which is overwritten. Other ranks pass an empty view.
    func gather(_ own: FloatView, slices: SlicePartition, into whole: FloatView) throws

    /// Sends rank 0's slices of a buffer to the ranks that own them.
    ///
    /// - Parameters:
    ///   - whole: The buffer on rank 0. Other ranks pass an empty view.
    ///   - slices: The slices of the buffer by rank, the same on every rank.
    ///   - own: This rank's slice, which is overwritten.
    func scatter(_ whole: FloatView, slices: SlicePartition, into own: FloatView) throws

    /// Gathers every rank's values into `gathered`, in rank order.
    ///
    /// It neither exchanges lengths nor allocates memory.
    ///
    /// - Parameters:
    ///   - local: This rank's `counts[rank]` values.
    ///   - counts: The number of values of each rank, the same array on every rank.
    ///   - gathered: The result, which is overwritten. Its count must be the sum of `counts`.
    /// - Precondition: The counts satisfy these conditions.
    func allGather(_ local: [Double], counts: [Int], into gathered: inout [Double]) throws

    /// Replaces each integer by its sum over all ranks. The count must be the same on every rank.
    func sum(_ values: inout [Int64]) throws

    /// Replaces each integer by its minimum over all ranks. The count must be the same on every
    /// rank.
    func minimum(_ values: inout [Int64]) throws

    /// Sends and receives parts of a buffer, and returns when all of them have been sent and
    /// received. It allocates no memory.
    ///
    /// It is not a collective: the ranks that send and receive a message must call it, and between
    /// two ranks messages arrive in the order of the calls.
    ///
    /// - Precondition: The messages are parts of the buffer; those received overlap no other.
    func exchange(_ round: MessageRound, in values: DoubleBuffer) throws

    /// Makes words of memory that the ranks of one machine share; they are 0. The count must be the
    /// same on every rank.
    func makeMachineWords(count: Int) throws -> AtomicWords

    /// Ends the whole group at once with this exit code. Not a collective: one rank is enough.
    func abort(_ status: ExitStatus) -> Never

    /// Leaves the group. Afterwards only ``rank``, ``size``, ``hostNames`` and `rankGroups` can be used.
    ///
    /// Further calls do nothing.
    func finalize() throws
}

extension ProcessGroup {
    package var rankGroups: RankGroups { RankGroups(hosts: hostNames) }

    package var mpiVersion: String? { nil }

    /// Zero, for groups that do not communicate.
    package var traffic: Traffic { Traffic() }

    /// Zero, for groups that do not communicate.
    package var callTime: Duration { .zero }

    package func broadcast(into bytes: inout [UInt8], root: Int) throws {
        bytes = try broadcast(bytes, root: root)
    }

    /// True if this is rank 0. Not a collective.
    package var isCoordinator: Bool { rank == 0 }

    func checkRoot(_ root: Int) {
        precondition(root >= 0 && root < size, "root \(root) of a group of \(size)")
    }

    func checkSlices(_ own: FloatView, _ slices: SlicePartition, _ whole: FloatView) {
        precondition(
            slices.groups.rankCount == size,
            "slices of \(slices.groups.rankCount) ranks for \(size) ranks")
        precondition(
            own.count == slices[rank].count, "\(own.count) values for slice \(slices[rank])")
        precondition(
            whole.count == (isCoordinator ? slices.count : 0),
            "\(whole.count) values on rank \(rank) of \(slices.count)")
    }

    func checkGather(_ local: Int, _ counts: [Int], _ gathered: Int) {
        precondition(counts.count == size, "\(counts.count) counts for \(size) ranks")
        precondition(counts[rank] == local, "\(local) values where \(counts[rank]) are announced")
        var total = 0
        for count in counts { total += count }
        precondition(total == gathered, "room for \(gathered) of \(total) values")
    }
}
