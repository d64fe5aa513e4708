/// An MPI data type that consists of several ranges of a buffer of Float32, so that one message
/// contains them all.
final class RangesType {
    private(set) var handle: MPIHandle = 0

    private let group: MPIProcessGroup

    /// - Throws: `Failure` if an MPI call fails.
    init(_ ranges: [Range<Int>], group: MPIProcessGroup) throws {
        self.group = group
        let lengths = ranges.map { Int32($0.count) }
        let offsets = ranges.map { $0.lowerBound * MemoryLayout<Float>.stride }
        try group.check(
            group.mpi.typeCreateHindexed(
                Int32(ranges.count), lengths, offsets, group.handles.float, &handle),
            "MPI_Type_create_hindexed", "\(ranges.count) ranges")
        try group.check(group.mpi.typeCommit(&handle), "MPI_Type_commit")
    }

    deinit {
        // After MPI has been shut down, no call is allowed.
        var isFinalized: Int32 = 1
        if group.mpi.finalized(&isFinalized) == MPIConstants.success, isFinalized == 0 {
            _ = group.mpi.typeFree(&handle)
        }
    }
}
