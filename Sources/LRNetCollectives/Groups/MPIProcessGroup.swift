import CMPI
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

    /// The group's own communicator, which is read only on the owning thread.
    var communicator: MPI_Comm?

    package internal(set) var traffic = Traffic()

    package private(set) var callTime = Duration.zero

    // The arguments of gathers, kept so that they are allocated once.
    var countsInC: [Int32]
    var offsetsInC: [Int32]

    /// The shared memory of this machine's ranks.
    var windows: [MPI_Win?] = []

    let messages = MessageRequests()

    private let owner: pthread_t
    private var isFinalized = false
    private var nextTag: Int32 = 1

    /// Starts MPI. Every process of the launch must do so, once.
    ///
    /// - Throws: `Failure` if MPI is already running or grants a thread level below `FUNNELED`, or
    ///   if a call fails.
    init() throws {
        var isInitialized: Int32 = 0
        try MPILibrary.check(MPI_Initialized(&isInitialized), "MPI_Initialized", rank: nil)
        if isInitialized != 0 {
            throw Failure(
                call: "MPI_Init_thread", subject: "", message: "MPI is already running",
                exitStatus: .internalError)
        }
        var granted: Int32 = 0
        try MPILibrary.check(
            MPI_Init_thread(nil, nil, Int32(MPI_THREAD_FUNNELED), &granted), "MPI_Init_thread",
            rank: nil)
        threadLevel = Self.threadLevelName(Int(granted))
        if Int(granted) < MPI_THREAD_FUNNELED {
            throw Failure(
                call: "MPI_Init_thread", subject: "thread level funneled",
                message: "MPI grants only \(threadLevel); use an MPI library that supports threads",
                exitStatus: .inputOutput)
        }
        try MPILibrary.check(
            MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN),
            "MPI_Comm_set_errhandler", rank: nil)
        var copy: MPI_Comm?
        try MPILibrary.check(MPI_Comm_dup(MPI_COMM_WORLD, &copy), "MPI_Comm_dup", rank: nil)
        try MPILibrary.check(
            MPI_Comm_set_errhandler(copy, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler", rank: nil)
        var rankInC: Int32 = 0
        var sizeInC: Int32 = 0
        try MPILibrary.check(MPI_Comm_rank(copy, &rankInC), "MPI_Comm_rank", rank: nil)
        try MPILibrary.check(MPI_Comm_size(copy, &sizeInC), "MPI_Comm_size", rank: nil)

        communicator = copy
        rank = Int(rankInC)
        size = Int(sizeInC)
        owner = pthread_self()
        countsInC = Array(repeating: 0, count: size)
        offsetsInC = Array(repeating: 0, count: size)
        rankGroups = RankGroups(radices: [size])
        let name = MPILibrary.text(capacity: Int(MPI_MAX_PROCESSOR_NAME)) {
            MPI_Get_processor_name($0, $1)
        }
        hostNames = try allGather(Array((name ?? "unknown").utf8)).map {
            String(decoding: $0, as: UTF8.self)
        }
        rankGroups = RankGroups(hosts: hostNames)
    }

    /// Flushes the output written so far, then ends every rank by `MPI_Abort`.
    package func abort(_ status: ExitStatus) -> Never {
        fflush(nil)
        _ = MPI_Abort(MPI_COMM_WORLD, status.rawValue)
        exit(status.rawValue)
    }

    /// Shuts down MPI. Every rank must call it, without an exchange in flight.
    package func finalize() throws {
        if isFinalized { return }
        checkUse()
        isFinalized = true
        for index in windows.indices { try check(MPI_Win_free(&windows[index]), "MPI_Win_free") }
        try check(MPI_Comm_free(&communicator), "MPI_Comm_free")
        try check(MPI_Finalize(), "MPI_Finalize")
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
        try MPILibrary.check(code, call, rank: rank, subject())
    }

    /// The highest tag that the standard guarantees for every MPI library.
    private static let lastTag: Int32 = 32767

    private static func threadLevelName(_ level: Int) -> String {
        switch level {
        case MPI_THREAD_SINGLE: "single"
        case MPI_THREAD_FUNNELED: "funneled"
        case MPI_THREAD_SERIALIZED: "serialized"
        case MPI_THREAD_MULTIPLE: "multiple"
        default: "level \(level)"
        }
    }
}
