package import LRNetKernels
import LRNetSupport

extension MPIProcessGroup {
    /// Calls `MPI_Igatherv`.
    package func gather(_ own: FloatView, slices: SlicePartition, into whole: FloatView) throws {
        try setRanges(own, slices, whole, "MPI_Igatherv")
        countCollective(bytes: own.count * MemoryLayout<Float>.stride)
        try complete("MPI_Igatherv", "\(own.count) of \(slices.count) values") {
            mpi.igatherv(
                own.pointer, Int32(own.count), handles.float, whole.pointer, countsInC,
                offsetsInC, handles.float, 0, communicator, $0)
        }
    }

    /// Calls `MPI_Iscatterv`.
    package func scatter(_ whole: FloatView, slices: SlicePartition, into own: FloatView) throws {
        try setRanges(own, slices, whole, "MPI_Iscatterv")
        countCollective(bytes: whole.count * MemoryLayout<Float>.stride)
        try complete("MPI_Iscatterv", "\(own.count) of \(slices.count) values") {
            mpi.iscatterv(
                whole.pointer, countsInC, offsetsInC, handles.float, own.pointer,
                Int32(own.count), handles.float, 0, communicator, $0)
        }
    }

    /// Checks the arguments and sets each rank's range, which only rank 0 needs.
    private func setRanges(
        _ own: FloatView, _ slices: SlicePartition, _ whole: FloatView, _ call: String
    ) throws {
        checkUse()
        checkSlices(own, slices, whole)
        guard Int32(exactly: slices.count) != nil else {
            throw Failure(
                call: call, subject: "\(slices.count) values", message: "too many for one call",
                exitStatus: .internalError, rank: rank)
        }
        guard isCoordinator else { return }
        // The slices need not be in the order of the ranks.
        for index in 0..<size {
            countsInC[index] = Int32(slices[index].count)
            offsetsInC[index] = Int32(slices[index].lowerBound)
        }
    }
}
