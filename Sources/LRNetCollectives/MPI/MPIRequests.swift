#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The requests of non-blocking calls, which complete in any order.
///
/// A request has an index, which the caller assigns to one call at a time.
final class MPIRequests {
    let capacity: Int

    private let mpi: MPILibrary
    private let requests: UnsafeMutableRawPointer
    private let statuses: UnsafeMutableRawPointer
    private let indices: UnsafeMutablePointer<Int32>
    private var completedCount: Int32 = 0

    init(_ mpi: MPILibrary, capacity: Int) {
        self.mpi = mpi
        self.capacity = capacity
        let count = max(capacity, 1)
        let alignment = MemoryLayout<Int>.alignment
        requests = .allocate(byteCount: count * mpi.layout.handleByteCount, alignment: alignment)
        statuses = .allocate(byteCount: count * mpi.layout.statusByteCount, alignment: alignment)
        statuses.initializeMemory(
            as: UInt8.self, repeating: 0, count: count * mpi.layout.statusByteCount)
        indices = .allocate(capacity: count)
        for index in 0..<count {
            // The lower half of a handle comes first: the memory is little-endian.
            withUnsafePointer(to: mpi.handles.requestNull.littleEndian) {
                self[index].copyMemory(from: $0, byteCount: mpi.layout.handleByteCount)
            }
        }
    }

    deinit {
        requests.deallocate()
        statuses.deallocate()
        indices.deallocate()
    }

    /// The memory of a request, for `MPI_Isend` and `MPI_Irecv`.
    subscript(index: Int) -> UnsafeMutableRawPointer {
        requests + index * mpi.layout.handleByteCount
    }

    /// Calls `MPI_Testsome` for the first `count` requests, or waits until at least one of them is
    /// complete.
    ///
    /// A rank that waits either occupies its core (`MPI_Waitsome`) or, if the library yields, offers
    /// it to other processes after each unsuccessful test. MPICH cannot do that by itself: 4 ranks
    /// on 2 cores took 7 ms for a small message.
    ///
    /// `MPI_Waitall` is not used, because Open MPI 4.1 can hang in it after an error.
    func complete(isWaiting: Bool, count: Int) -> Int32 {
        completedCount = 0
        let functions = mpi.functions
        if isWaiting && !mpi.isYielding {
            return functions.waitsome(Int32(count), requests, &completedCount, indices, statuses)
        }
        while true {
            let code = functions.testsome(
                Int32(count), requests, &completedCount, indices, statuses)
            if !isWaiting || completedCount != 0 || code != MPIConstants.success { return code }
            sched_yield()
        }
    }

    /// The number of requests that the last call completed; `nil` if none was active.
    var completed: Int? {
        completedCount == MPIConstants.undefined ? nil : Int(completedCount)
    }

    /// Returns the index of a completed request.
    func index(_ position: Int) -> Int { Int(indices[position]) }

    /// Returns the error code of a completed request, after a call that returned an error in the
    /// statuses.
    func error(_ position: Int) -> Int32 {
        (statuses + position * mpi.layout.statusByteCount + mpi.layout.errorOffset)
            .load(as: Int32.self)
    }
}
