import CMPI
package import LRNetKernels
import LRNetSupport

extension MPIProcessGroup {
    /// Calls `MPI_Gatherv`.
    package func gather(_ own: FloatView, slices: SlicePartition, into whole: FloatView) throws {
        checkUse()
        checkSlices(own, slices, whole)
        try setOffsets(slices, "MPI_Gatherv")
        countCollective(bytes: own.count * MemoryLayout<Float>.stride)
        try check(
            timed {
                MPI_Gatherv(
                    own.pointer, Int32(own.count), MPI_FLOAT, whole.pointer, countsInC, offsetsInC,
                    MPI_FLOAT, 0, communicator)
            }, "MPI_Gatherv", "\(own.count) of \(slices.count) values")
    }

    /// Calls `MPI_Scatterv`.
    package func scatter(_ whole: FloatView, slices: SlicePartition, into own: FloatView) throws {
        checkUse()
        checkSlices(own, slices, whole)
        try setOffsets(slices, "MPI_Scatterv")
        countCollective(bytes: whole.count * MemoryLayout<Float>.stride)
        try check(
            timed {
                MPI_Scatterv(
                    whole.pointer, countsInC, offsetsInC, MPI_FLOAT, own.pointer, Int32(own.count),
                    MPI_FLOAT, 0, communicator)
            }, "MPI_Scatterv", "\(own.count) of \(slices.count) values")
    }

    /// Sets the arguments that only rank 0 needs.
    private func setOffsets(_ slices: SlicePartition, _ call: String) throws {
        guard Int32(exactly: slices.count) != nil else {
            throw Failure(
                call: call, subject: "\(slices.count) values", message: "too many for one call",
                exitStatus: .internalError, rank: rank)
        }
        guard isCoordinator else { return }
        for index in 0..<size {
            countsInC[index] = Int32(slices[index].count)
            offsetsInC[index] = Int32(slices[index].lowerBound)
        }
    }
}
