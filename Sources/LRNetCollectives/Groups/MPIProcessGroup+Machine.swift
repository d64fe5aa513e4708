package import LRNetKernels
import LRNetSupport

extension MPIProcessGroup {
    /// Makes words in memory that the ranks of one machine share. Every rank must call it.
    ///
    /// The memory is valid until ``finalize()``.
    ///
    /// - Throws: `Failure` if MPI cannot share memory.
    package func makeMachineWords(count: Int) throws -> AtomicWords {
        checkUse()
        var machine: MPIHandle = 0
        try check(
            mpi.commSplitType(
                communicator, library.layout.sharedType, Int32(rank), handles.infoNull, &machine),
            "MPI_Comm_split_type")
        defer { _ = mpi.commFree(&machine) }
        var rankOnMachine: Int32 = 0
        try check(mpi.commRank(machine, &rankOnMachine), "MPI_Comm_rank")
        let stride = MemoryLayout<UInt64>.stride
        // The first rank of a machine owns all words.
        var window: MPIHandle = 0
        var memory: UnsafeMutableRawPointer?
        let own = rankOnMachine == 0 ? max(count, 1) * stride : 0
        try check(
            mpi.winAllocateShared(
                own, Int32(stride), handles.infoNull, machine, &memory, &window),
            "MPI_Win_allocate_shared", "\(count) words")
        var size = 0
        var unit: Int32 = 0
        try check(
            mpi.winSharedQuery(window, 0, &size, &unit, &memory), "MPI_Win_shared_query")
        windows.append(window)
        try check(
            mpi.winSetErrhandler(window, handles.errorsReturn), "MPI_Win_set_errhandler")
        guard let memory, size >= max(count, 1) * stride else {
            throw Failure(
                call: "MPI_Win_shared_query", subject: "\(count) words",
                message: "has \(size) bytes",
                exitStatus: .internalError, rank: rank)
        }
        if rankOnMachine == 0 {
            memory.initializeMemory(as: UInt8.self, repeating: 0, count: own)
        }
        try barrier()
        return AtomicWords(shared: memory, count: count)
    }
}
