package import LRNetKernels
import LRNetSupport

/// An exchange that distributes all slices of a buffer to every rank, in place.
///
/// Every rank must create it with the same arguments and in the same order relative to other
/// exchanges. Initialization allocates all memory. `start(_:)` is a collective; ``step()`` is
/// not. After an error, the exchange cannot be used again.
package final class AllGather: Exchange {
    /// The slices of the buffer, by rank.
    package let partition: SlicePartition

    private let gather: SliceGather
    private var isUnderWay = false
    // Set while MPI may read or write this object's memory.
    private var selfWhileInFlight: AllGather?

    /// - Parameter pieceCount: The maximum number of values per message.
    /// - Precondition: The partition has a slice for each rank of the group.
    package init(
        group: any ProcessGroup, partition: SlicePartition,
        pieceCount: Int = TreeExchange.defaultPieceCount
    ) {
        precondition(
            partition.ranks == group.size, "\(partition.ranks) slices for \(group.size) ranks")
        let mpi = group as? MPIProcessGroup
        precondition(mpi != nil || group.size == 1, "a gather needs MPI or one process")
        self.partition = partition
        gather = SliceGather(
            group: mpi, rank: group.rank, partition: partition, pieceCount: pieceCount,
            tag: mpi?.makeTag() ?? 0)
    }

    /// Starts the gather. Every rank must call it.
    ///
    /// - Parameter view: The whole buffer, which contains this rank's slice. The other slices are
    ///   overwritten. The caller must not use the buffer until the gather is done.
    /// - Precondition: No gather is under way; the count is the partition's.
    package func start(_ view: FloatView) throws {
        precondition(view.count == partition.count, "\(view.count) values of \(partition.count)")
        precondition(!isUnderWay, "a gather is started while it is under way")
        isUnderWay = true
        selfWhileInFlight = self
        try gather.start(view)
    }

    package func step() throws -> Bool { try advance(isWaiting: false) }

    package func finish() throws {
        while !(try advance(isWaiting: true)) {}
    }

    private func advance(isWaiting: Bool) throws -> Bool {
        guard isUnderWay else { return true }
        guard try gather.step(isWaiting: isWaiting) else { return false }
        isUnderWay = false
        selfWhileInFlight = nil
        return true
    }
}
