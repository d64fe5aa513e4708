import LRNetSupport

/// The functions of MPI that this program calls, under their names in the standard.
///
/// They are loaded at run time, so that one program runs with any MPI library that the site has.
///
/// A handle is an integer here. Open MPI's handles are pointers and those of MPICH are of the C type
/// `int`. In the calling conventions of x86-64 and AArch64 an argument of either type occupies a
/// register or 8 bytes of the stack, and a function that expects an `int` reads the lower half. A
/// handle that MPI writes to memory has the size ``MPIFamily/Layout/handleByteCount``; the upper
/// half of an ``MPIHandle`` that receives it must therefore be 0 before the call.
struct MPIFunctions: Sendable {
    typealias Memory = UnsafeMutableRawPointer
    typealias Integers = UnsafeMutablePointer<Int32>
    typealias Handles = UnsafeMutablePointer<MPIHandle>
    typealias Text = UnsafeMutablePointer<CChar>

    // Start and end.
    let initialized: @convention(c) (Integers) -> Int32
    let initThread: @convention(c) (Integers?, Memory?, Int32, Integers) -> Int32
    let finalized: @convention(c) (Integers) -> Int32
    let finalize: @convention(c) () -> Int32
    let abort: @convention(c) (MPIHandle, Int32) -> Int32
    let getProcessorName: @convention(c) (Text, Integers) -> Int32
    let errorString: @convention(c) (Int32, Text, Integers) -> Int32

    // Communicators.
    let commSetErrhandler: @convention(c) (MPIHandle, MPIHandle) -> Int32
    let commDup: @convention(c) (MPIHandle, Handles) -> Int32
    let commSplitType: @convention(c) (MPIHandle, Int32, Int32, MPIHandle, Handles) -> Int32
    let commFree: @convention(c) (Handles) -> Int32
    let commRank: @convention(c) (MPIHandle, Integers) -> Int32
    let commSize: @convention(c) (MPIHandle, Integers) -> Int32

    // Collective calls. Except for `allreduce`, they do not block: the last argument is the memory of
    // a request, and the group waits for it in its own way (``MPIRequests``).
    let allreduce:
        @convention(c) (Memory?, Memory?, Int32, MPIHandle, MPIHandle, MPIHandle) -> Int32
    let ibarrier: @convention(c) (MPIHandle, Memory) -> Int32
    let ibcast: @convention(c) (Memory?, Int32, MPIHandle, Int32, MPIHandle, Memory) -> Int32
    let iallreduce:
        @convention(c) (Memory?, Memory?, Int32, MPIHandle, MPIHandle, MPIHandle, Memory) -> Int32
    let iallgather:
        @convention(c) (
            UnsafeRawPointer?, Int32, MPIHandle, Memory?, Int32, MPIHandle, MPIHandle, Memory
        ) -> Int32
    let iallgatherv:
        @convention(c) (
            UnsafeRawPointer?, Int32, MPIHandle, Memory?, UnsafePointer<Int32>,
            UnsafePointer<Int32>, MPIHandle, MPIHandle, Memory
        ) -> Int32
    let igather:
        @convention(c) (
            UnsafeRawPointer?, Int32, MPIHandle, Memory?, Int32, MPIHandle, Int32, MPIHandle,
            Memory
        ) -> Int32
    let igatherv:
        @convention(c) (
            UnsafeRawPointer?, Int32, MPIHandle, Memory?, UnsafePointer<Int32>,
            UnsafePointer<Int32>, MPIHandle, Int32, MPIHandle, Memory
        ) -> Int32
    let iscatterv:
        @convention(c) (
            UnsafeRawPointer?, UnsafePointer<Int32>, UnsafePointer<Int32>, MPIHandle, Memory?,
            Int32, MPIHandle, Int32, MPIHandle, Memory
        ) -> Int32

    // Messages. The last argument of `isend` and `irecv` is the memory of one request; that of
    // `testsome` and `waitsome` is an array of statuses.
    let isend:
        @convention(c) (
            UnsafeRawPointer?, Int32, MPIHandle, Int32, Int32, MPIHandle, Memory
        ) -> Int32
    let irecv: @convention(c) (Memory?, Int32, MPIHandle, Int32, Int32, MPIHandle, Memory) -> Int32
    let testsome: @convention(c) (Int32, Memory, Integers, Integers, Memory) -> Int32
    let waitsome: @convention(c) (Int32, Memory, Integers, Integers, Memory) -> Int32

    // Data types.
    let typeCreateHindexed:
        @convention(c) (Int32, UnsafePointer<Int32>, UnsafePointer<Int>, MPIHandle, Handles) ->
            Int32
    let typeCommit: @convention(c) (Handles) -> Int32
    let typeFree: @convention(c) (Handles) -> Int32

    // Shared memory. The last argument but one of `winAllocateShared`, and the last of
    // `winSharedQuery`, is the address of a pointer.
    let winAllocateShared:
        @convention(c) (
            Int, Int32, MPIHandle, MPIHandle, UnsafeMutablePointer<Memory?>, Handles
        ) -> Int32
    let winSharedQuery:
        @convention(c) (
            MPIHandle, Int32, UnsafeMutablePointer<Int>, Integers, UnsafeMutablePointer<Memory?>
        ) -> Int32
    let winSetErrhandler: @convention(c) (MPIHandle, MPIHandle) -> Int32
    let winFree: @convention(c) (Handles) -> Int32

    /// - Parameter library: Throws if a function is missing.
    init(_ library: DynamicLibrary) throws {
        initialized = try library.function("MPI_Initialized")
        initThread = try library.function("MPI_Init_thread")
        finalized = try library.function("MPI_Finalized")
        finalize = try library.function("MPI_Finalize")
        abort = try library.function("MPI_Abort")
        getProcessorName = try library.function("MPI_Get_processor_name")
        errorString = try library.function("MPI_Error_string")
        commSetErrhandler = try library.function("MPI_Comm_set_errhandler")
        commDup = try library.function("MPI_Comm_dup")
        commSplitType = try library.function("MPI_Comm_split_type")
        commFree = try library.function("MPI_Comm_free")
        commRank = try library.function("MPI_Comm_rank")
        commSize = try library.function("MPI_Comm_size")
        allreduce = try library.function("MPI_Allreduce")
        ibarrier = try library.function("MPI_Ibarrier")
        ibcast = try library.function("MPI_Ibcast")
        iallreduce = try library.function("MPI_Iallreduce")
        iallgather = try library.function("MPI_Iallgather")
        iallgatherv = try library.function("MPI_Iallgatherv")
        igather = try library.function("MPI_Igather")
        igatherv = try library.function("MPI_Igatherv")
        iscatterv = try library.function("MPI_Iscatterv")
        isend = try library.function("MPI_Isend")
        irecv = try library.function("MPI_Irecv")
        testsome = try library.function("MPI_Testsome")
        waitsome = try library.function("MPI_Waitsome")
        typeCreateHindexed = try library.function("MPI_Type_create_hindexed")
        typeCommit = try library.function("MPI_Type_commit")
        typeFree = try library.function("MPI_Type_free")
        winAllocateShared = try library.function("MPI_Win_allocate_shared")
        winSharedQuery = try library.function("MPI_Win_shared_query")
        winSetErrhandler = try library.function("MPI_Win_set_errhandler")
        winFree = try library.function("MPI_Win_free")
    }
}
