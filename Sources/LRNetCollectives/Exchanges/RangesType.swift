import CMPI

/// An MPI data type that consists of several ranges of a buffer of Float32, so that one message
/// contains them all.
final class RangesType {
    private(set) var handle: MPI_Datatype?

    /// - Throws: `Failure` if an MPI call fails.
    init(_ ranges: [Range<Int>], group: MPIProcessGroup) throws {
        let lengths = ranges.map { Int32($0.count) }
        let offsets = ranges.map { MPI_Aint($0.lowerBound * MemoryLayout<Float>.stride) }
        try group.check(
            MPI_Type_create_hindexed(
                Int32(ranges.count), lengths, offsets, MPI_FLOAT, &handle),
            "MPI_Type_create_hindexed", "\(ranges.count) ranges")
        try group.check(MPI_Type_commit(&handle), "MPI_Type_commit")
    }

    deinit {
        // After MPI has been shut down, no call is allowed.
        var isFinalized: Int32 = 1
        if MPI_Finalized(&isFinalized) == MPI_SUCCESS, isFinalized == 0 {
            MPI_Type_free(&handle)
        }
    }
}
