package import LRNetKernels
import LRNetSupport

/// The collective calls. Each starts a non-blocking call of MPI and waits for it, so that the group
/// decides how a rank waits (``MPIRequests``).
extension MPIProcessGroup {
    /// The maximum number of values of one MPI call, well below `Int32.max`.
    private static var pieceCount: Int { 1 << 26 }

    package func barrier() throws {
        checkUse()
        countCollective(bytes: 0)
        try complete("MPI_Ibarrier") { mpi.ibarrier(communicator, $0) }
    }

    /// Calls `MPI_Ibcast` for the length, then for the bytes in pieces.
    package func broadcast(_ bytes: [UInt8], root: Int) throws -> [UInt8] {
        checkUse()
        checkRoot(root)
        var count = Int64(bytes.count)
        countCollective(bytes: rank == root ? bytes.count : 0)
        try withUnsafeMutableBytes(of: &count) {
            try broadcast($0, stride: MemoryLayout<Int64>.stride, of: handles.int64, root: root)
        }
        var result = rank == root ? bytes : [UInt8](repeating: 0, count: Int(count))
        try result.withUnsafeMutableBytes {
            try broadcast($0, stride: 1, of: handles.byte, root: root)
        }
        return result
    }

    /// Calls `MPI_Ibcast` once.
    package func broadcast(into bytes: inout [UInt8], root: Int) throws {
        checkUse()
        checkRoot(root)
        countCollective(bytes: rank == root ? bytes.count : 0)
        try bytes.withUnsafeMutableBytes {
            try broadcast($0, stride: 1, of: handles.byte, root: root)
        }
    }

    package func broadcast(_ view: FloatView, root: Int) throws {
        checkUse()
        checkRoot(root)
        let stride = MemoryLayout<Float>.stride
        countCollective(bytes: rank == root ? view.count * stride : 0)
        try broadcast(
            UnsafeMutableRawBufferPointer(start: view.pointer, count: view.count * stride),
            stride: stride, of: handles.float, root: root)
    }

    /// Broadcasts memory in pieces. `stride` is the size of a value of `type`.
    private func broadcast(
        _ memory: UnsafeMutableRawBufferPointer, stride: Int, of type: MPIHandle, root: Int
    ) throws {
        guard let base = memory.baseAddress else { return }
        let count = memory.count / stride
        for start in Swift.stride(from: 0, to: count, by: Self.pieceCount) {
            let piece = Int32(min(Self.pieceCount, count - start))
            try complete("MPI_Ibcast", "\(count) values from rank \(root)") {
                mpi.ibcast(base + start * stride, piece, type, Int32(root), communicator, $0)
            }
        }
    }

    /// Calls `MPI_Iallgather` for the lengths, then `MPI_Iallgatherv` for the bytes. If the total
    /// exceeds the range of `Int32` offsets, each rank broadcasts its bytes instead.
    package func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        checkUse()
        var lengths = [Int64](repeating: 0, count: size)
        lengths[rank] = Int64(bytes.count)
        countCollective(bytes: bytes.count)
        try lengths.withUnsafeMutableBytes { lengths in
            try complete("MPI_Iallgather", "lengths") {
                mpi.iallgather(
                    library.inPlace, 1, handles.int64, lengths.baseAddress, 1, handles.int64,
                    communicator, $0)
            }
        }
        let total = lengths.reduce(0) { $0 + Int($1) }
        if total == 0 { return Array(repeating: [], count: size) }
        if total > Int(Int32.max) {
            return try (0..<size).map { try broadcast(bytes, root: $0) }
        }
        setRanges { Int(lengths[$0]) }
        var gathered = [UInt8](repeating: 0, count: total)
        try bytes.withUnsafeBytes { own in
            try gathered.withUnsafeMutableBytes { gathered in
                try complete("MPI_Iallgatherv", "\(bytes.count) of \(total) bytes") {
                    mpi.iallgatherv(
                        own.baseAddress, Int32(own.count), handles.byte, gathered.baseAddress,
                        countsInC, offsetsInC, handles.byte, communicator, $0)
                }
            }
        }
        return split(gathered)
    }

    /// Calls `MPI_Igather` for the lengths, then `MPI_Igatherv` for the bytes.
    ///
    /// - Throws: `Failure` on all ranks if the total exceeds the range of `Int32` offsets.
    package func gather(_ bytes: [UInt8]) throws -> [[UInt8]]? {
        var total = [Int64(bytes.count)]
        try sum(&total)
        guard Int32(exactly: total[0]) != nil else {
            throw Failure(
                call: "MPI_Igatherv", subject: "\(total[0]) bytes",
                message: "too many for one call", exitStatus: .internalError, rank: rank)
        }
        countCollective(bytes: bytes.count)
        var lengths = [Int64](repeating: 0, count: size)
        var length = Int64(bytes.count)
        try withUnsafeMutableBytes(of: &length) { length in
            try lengths.withUnsafeMutableBytes { lengths in
                try complete("MPI_Igather", "lengths") {
                    mpi.igather(
                        length.baseAddress, 1, handles.int64, lengths.baseAddress, 1,
                        handles.int64, 0, communicator, $0)
                }
            }
        }
        setRanges { Int(lengths[$0]) }
        var gathered = [UInt8](repeating: 0, count: isCoordinator ? Int(total[0]) : 0)
        try bytes.withUnsafeBytes { own in
            try gathered.withUnsafeMutableBytes { gathered in
                try complete("MPI_Igatherv", "\(bytes.count) of \(total[0]) bytes") {
                    mpi.igatherv(
                        own.baseAddress, Int32(own.count), handles.byte, gathered.baseAddress,
                        countsInC, offsetsInC, handles.byte, 0, communicator, $0)
                }
            }
        }
        return isCoordinator ? split(gathered) : nil
    }

    /// Calls `MPI_Iallgatherv`, or the faster `MPI_Iallgather` if all counts are equal.
    package func allGather(_ local: [Double], counts: [Int], into gathered: inout [Double]) throws {
        checkUse()
        checkGather(local.count, counts, gathered.count)
        guard let total = Int32(exactly: gathered.count) else {
            throw Failure(
                call: "MPI_Iallgatherv", subject: "\(gathered.count) values",
                message: "too many for one call", exitStatus: .internalError, rank: rank)
        }
        if total == 0 { return }
        countCollective(bytes: local.count * MemoryLayout<Double>.stride)
        let isEven = counts.allSatisfy { $0 == local.count }
        if !isEven { setRanges { counts[$0] } }
        try local.withUnsafeBytes { own in
            try gathered.withUnsafeMutableBytes { gathered in
                let count = Int32(local.count)
                try complete(isEven ? "MPI_Iallgather" : "MPI_Iallgatherv", "\(total) values") {
                    isEven
                        ? mpi.iallgather(
                            own.baseAddress, count, handles.double, gathered.baseAddress, count,
                            handles.double, communicator, $0)
                        : mpi.iallgatherv(
                            own.baseAddress, count, handles.double, gathered.baseAddress,
                            countsInC, offsetsInC, handles.double, communicator, $0)
                }
            }
        }
    }

    /// Calls `MPI_Iallreduce`. The order of additions does not matter, because integers are exact.
    package func sum(_ values: inout [Int64]) throws { try reduce(&values, handles.sum) }

    /// Calls `MPI_Iallreduce`.
    package func minimum(_ values: inout [Int64]) throws { try reduce(&values, handles.minimum) }

    private func reduce(_ values: inout [Int64], _ operation: MPIHandle) throws {
        checkUse()
        countCollective(bytes: values.count * MemoryLayout<Int64>.stride)
        try values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            for start in stride(from: 0, to: values.count, by: Self.pieceCount) {
                let piece = Int32(min(Self.pieceCount, values.count - start))
                try complete("MPI_Iallreduce", "\(values.count) integers") {
                    mpi.iallreduce(
                        library.inPlace, base + start, piece, handles.int64, operation,
                        communicator, $0)
                }
            }
        }
    }

    package func exchange(_ round: MessageRound, in values: DoubleBuffer) throws {
        checkUse()
        round.check(bufferCount: values.count)
        try messages.exchange(round, in: values, self)
    }

    /// Sums the view's values over all ranks by `MPI_Allreduce`, which is faster than
    /// `MPI_Iallreduce`. The library chooses the order, which can differ between rank counts and
    /// runs. Every rank must call it with the same count.
    func sumInAnyOrder(_ view: FloatView) throws {
        checkUse()
        countCollective(bytes: view.count * MemoryLayout<Float>.stride)
        for start in stride(from: 0, to: view.count, by: Self.pieceCount) {
            let piece = Int32(min(Self.pieceCount, view.count - start))
            let code = timed {
                mpi.allreduce(
                    library.inPlace, view.pointer + start, piece, handles.float, handles.sum,
                    communicator)
            }
            try check(code, "MPI_Allreduce", "\(view.count) values")
        }
    }

    /// Starts a non-blocking call and waits until it is complete. Its memory must be valid for that
    /// time.
    func complete(
        _ call: StaticString, _ subject: @autoclosure () -> String = "",
        _ start: (MPIFunctions.Memory) -> Int32
    ) throws {
        let request = collective
        let code = timed {
            let code = start(request[0])
            return code == MPIConstants.success
                ? request.complete(isWaiting: true, count: 1) : code
        }
        if code == library.layout.errorInStatus {
            try check(request.error(0), call, subject())
        }
        try check(code, call, subject())
    }

    /// Sets ``countsInC`` and ``offsetsInC`` from each rank's count, in the order of the ranks.
    private func setRanges(_ count: (Int) -> Int) {
        var offset: Int32 = 0
        for index in 0..<size {
            countsInC[index] = Int32(count(index))
            offsetsInC[index] = offset
            offset += countsInC[index]
        }
    }

    /// Returns the part of each rank in a buffer.
    private func split(_ bytes: [UInt8]) -> [[UInt8]] {
        (0..<size).map {
            Array(bytes[Int(offsetsInC[$0])..<Int(offsetsInC[$0] + countsInC[$0])])
        }
    }
}
