package import LRNetSupport

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The ranks that `mpirun` or `srun` started together, which communicate over MPI.
///
/// MPI is started at thread level `FUNNELED`: other threads can compute, but only the thread that
/// created the group can use it, and its methods trap on any other thread. The group communicates
/// over its own copy of `MPI_COMM_WORLD`. `MPI_ERRORS_RETURN` is set, so that an error is thrown
/// instead of ending the program.
///
/// The class is `@unchecked Sendable` because the thread check keeps its mutable state on one
/// thread.
package final class MPIProcessGroup: ProcessGroup, @unchecked Sendable {
    package let rank: Int

    package let size: Int

    package private(set) var hostNames: [String] = []

    package private(set) var rankGroups: RankGroups

    /// The thread level that MPI granted: `single`, `funneled`, `serialized` or `multiple`.
    package let threadLevel: String

    /// The library, its functions and its predefined handles.
    let library: MPILibrary
    let mpi: MPIFunctions
    let handles: MPIHandles

    /// The group's own communicator, which is read only on the owning thread.
    var communicator: MPIHandle = 0

    package internal(set) var traffic = Traffic()

    package private(set) var callTime = Duration.zero

    package var mpiVersion: String? { library.version }

    /// Each rank's range in a gather or scatter, in memory that stays where it is during a
    /// non-blocking call.
    let countsInC, offsetsInC: UnsafeMutablePointer<Int32>

    /// The request of the collective call under way.
    let collective: MPIRequests

    /// The shared memory of this machine's ranks.
    var windows: [MPIHandle] = []

    let messages = RoundMessages()

    private let owner: pthread_t
    private var isFinalized = false
    private var nextTag: Int32 = 1

    /// Starts MPI. Every process of the launch must do so, once.
    ///
    /// - Throws: `Failure` if MPI is already running or grants a thread level below `FUNNELED`, or
    ///   if a call fails.
    init(_ library: MPILibrary) throws {
        self.library = library
        mpi = library.functions
        handles = library.handles
        var isInitialized: Int32 = 0
        try library.check(mpi.initialized(&isInitialized), "MPI_Initialized", rank: nil)
        if isInitialized != 0 {
            throw Failure(
                call: "MPI_Init_thread", subject: "", message: "MPI is already running",
                exitStatus: .internalError)
        }
        var granted: Int32 = 0
        let start = library.functions.initThread
        let code = StartGuard.run { start(nil, nil, MPIConstants.funneled, &granted) }
        try library.check(code, "MPI_Init_thread", rank: nil)
        let levels = MPIConstants.threadLevels
        threadLevel =
            levels.indices.contains(Int(granted)) ? levels[Int(granted)] : "level \(granted)"
        if granted < MPIConstants.funneled {
            throw Failure(
                call: "MPI_Init_thread", subject: "thread level funneled",
                message: "MPI grants only \(threadLevel); use an MPI library that supports threads",
                exitStatus: .inputOutput)
        }
        try library.check(
            mpi.commSetErrhandler(handles.world, handles.errorsReturn),
            "MPI_Comm_set_errhandler", rank: nil)
        var copy: MPIHandle = 0
        try library.check(mpi.commDup(handles.world, &copy), "MPI_Comm_dup", rank: nil)
        try library.check(
            mpi.commSetErrhandler(copy, handles.errorsReturn), "MPI_Comm_set_errhandler", rank: nil)
        var rankInC: Int32 = 0
        var sizeInC: Int32 = 0
        try library.check(mpi.commRank(copy, &rankInC), "MPI_Comm_rank", rank: nil)
        try library.check(mpi.commSize(copy, &sizeInC), "MPI_Comm_size", rank: nil)

        communicator = copy
        rank = Int(rankInC)
        size = Int(sizeInC)
        owner = pthread_self()
        countsInC = .allocate(capacity: size)
        offsetsInC = .allocate(capacity: size)
        countsInC.initialize(repeating: 0, count: size)
        offsetsInC.initialize(repeating: 0, count: size)
        collective = MPIRequests(library, capacity: 1)
        rankGroups = RankGroups(radices: [size])
        let name = MPILibrary.text { mpi.getProcessorName($0, $1) }
        hostNames = try allGather(Array((name ?? "unknown").utf8)).map {
            String(decoding: $0, as: UTF8.self)
        }
        rankGroups = RankGroups(hosts: hostNames)
    }

    deinit {
        countsInC.deallocate()
        offsetsInC.deallocate()
    }

    /// Flushes the output written so far, then ends every rank by `MPI_Abort`.
    package func abort(_ status: ExitStatus) -> Never {
        fflush(nil)
        _ = mpi.abort(handles.world, status.rawValue)
        exit(status.rawValue)
    }

    /// Shuts down MPI. Every rank must call it, without an exchange in flight.
    package func finalize() throws {
        if isFinalized { return }
        checkUse()
        // MPICH 4.0 can wait forever for a rank that has closed its connections much earlier.
        try barrier()
        isFinalized = true
        for index in windows.indices { try check(mpi.winFree(&windows[index]), "MPI_Win_free") }
        try check(mpi.commFree(&communicator), "MPI_Comm_free")
        try check(mpi.finalize(), "MPI_Finalize")
    }

    /// Returns the next message tag, which no exchange uses yet. Every rank must call it in the
    /// same order.
    func makeTag() -> Int32 {
        defer { nextTag = nextTag == Self.lastTag ? 1 : nextTag + 1 }
        return nextTag
    }

    /// Traps on any thread but the owner's, and after ``finalize()``.
    func checkUse() {
        precondition(
            pthread_equal(pthread_self(), owner) != 0,
            "rank \(rank): a process group is used off the thread that started it")
        precondition(!isFinalized, "rank \(rank): a process group is used after finalize()")
    }

    /// Runs an MPI call and adds its time to ``callTime``.
    func timed(_ call: () -> Int32) -> Int32 {
        let start = ContinuousClock.now
        defer { callTime += ContinuousClock.now - start }
        return call()
    }

    /// Counts a collective call.
    func countCollective(bytes: Int) {
        traffic.collectiveCount += 1
        traffic.collectiveByteCount += bytes
    }

    func check(
        _ code: Int32, _ call: StaticString, _ subject: @autoclosure () -> String = ""
    ) throws {
        try library.check(code, call, rank: rank, subject())
    }

    /// The highest tag that the standard guarantees for every MPI library.
    private static let lastTag: Int32 = 32767
}
