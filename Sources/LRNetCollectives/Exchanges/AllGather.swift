package import LRNetKernels
import LRNetSupport

/// An exchange that distributes the ranges of a buffer to every rank, in place.
///
/// Every rank must create it with the same arguments and in the same order relative to other
/// exchanges. Initialization allocates all memory. `start(_:)` is a collective; ``step()`` is
/// not. After an error, the exchange cannot be used again.
package final class AllGather: Exchange {
    /// The number of values of the buffer.
    package let valueCount: Int

    /// The messages that this rank sends in a gather.
    package let plannedTraffic: Traffic

    private let gather: StagedGather
    private var isUnderWay = false
    // Set while MPI may read or write this object's memory.
    private var selfWhileInFlight: AllGather?

    /// Creates a gather of each rank's slice.
    ///
    /// - Parameter pieceCount: The maximum number of values per message.
    /// - Precondition: The partition has a slice for each rank of the group.
    package convenience init(
        group: any ProcessGroup, slices: SlicePartition,
        pieceCount: Int = TreeExchange.defaultPieceCount
    ) {
        self.init(
            group: group,
            plan: GatherPlan(rank: group.rank, slices: slices, pieceCount: pieceCount))
    }

    /// Creates a gather of each rank's rows.
    ///
    /// - Parameters:
    ///   - groups: The groups that exchange; `nil` for those of the machines.
    ///   - pieceCount: The maximum number of values per message.
    /// - Precondition: The partition has a range for each rank of the group.
    package convenience init(
        group: any ProcessGroup, rows: RowPartition, groups: RankGroups? = nil,
        pieceCount: Int = TreeExchange.defaultPieceCount
    ) {
        self.init(
            group: group,
            plan: GatherPlan(
                rank: group.rank, rows: rows, groups: groups ?? group.rankGroups,
                pieceCount: pieceCount))
    }

    private init(group: any ProcessGroup, plan: GatherPlan) {
        precondition(
            plan.groups.rankCount == group.size,
            "a gather of \(plan.groups.rankCount) ranks in a group of \(group.size)")
        let mpi = group as? MPIProcessGroup
        precondition(mpi != nil || group.size == 1, "a gather needs MPI or one process")
        valueCount = plan.count
        plannedTraffic = Traffic(plan.messages)
        gather = StagedGather(group: mpi, plan: plan, tag: mpi?.makeTag() ?? 0)
    }

    /// Starts the gather. Every rank must call it.
    ///
    /// - Parameter view: The whole buffer, which contains this rank's range. The other ranges are
    ///   overwritten. The caller must not use the buffer until the gather is done.
    /// - Precondition: No gather is under way; the count is the buffer's.
    package func start(_ view: FloatView) throws {
        precondition(view.count == valueCount, "\(view.count) values of \(valueCount)")
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
