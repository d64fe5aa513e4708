package import LRNetKernels
import LRNetSupport

/// Gives every rank all slices of a buffer, in place.
///
/// Every rank makes it with the same arguments, in the same order relative to other exchanges; all
/// memory is allocated then. ``start(_:)`` is a collective, ``step()`` is not. After an error is
/// thrown it cannot be used again.
package final class AllGather: Exchange {
    /// The slices of the buffer, by rank.
    package let partition: SlicePartition

    private let gather: SliceGather
    private var isUnderWay = false
    // Set while MPI may read or write our memory.
    private var selfWhileInFlight: AllGather?

    /// Makes the exchange.
    ///
    /// - Parameter pieceCount: The values of a message, at most.
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

    /// Begins the gather. Every rank calls it.
    ///
    /// - Parameter view: The whole buffer, which holds this rank's slice; the other slices are
    ///   overwritten. Not to be touched before the gather is done.
    /// - Precondition: None is under way; the count is the partition's.
    package func start(_ view: FloatView) throws {
        precondition(view.count == partition.count, "\(view.count) values of \(partition.count)")
        precondition(!isUnderWay, "a gather is started while it is under way")
        isUnderWay = true
        selfWhileInFlight = self
        try gather.start(view)
    }

    /// Moves the gather on without waiting; returns true when it is done, or when none is under way.
    package func step() throws -> Bool { try advance(isWaiting: false) }

    /// Returns when the gather is done.
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
