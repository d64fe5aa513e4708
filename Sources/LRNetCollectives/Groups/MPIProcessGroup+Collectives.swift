import CMPI
package import LRNetKernels
import LRNetSupport

extension MPIProcessGroup {
    /// The maximum number of values of one MPI call, well below `Int32.max`.
    private static var pieceCount: Int { 1 << 26 }

    package func barrier() throws {
        checkUse()
        countCollective(bytes: 0)
        try check(timed { MPI_Barrier(communicator) }, "MPI_Barrier")
    }

    /// Calls `MPI_Bcast` for the length, then for the bytes in pieces.
    package func broadcast(_ bytes: [UInt8], root: Int) throws -> [UInt8] {
        checkUse()
        checkRoot(root)
        var count = Int64(bytes.count)
        countCollective(bytes: rank == root ? bytes.count : 0)
        try check(
            timed { MPI_Bcast(&count, 1, MPI_INT64_T, Int32(root), communicator) }, "MPI_Bcast",
            "a length from rank \(root)")
        var result = rank == root ? bytes : [UInt8](repeating: 0, count: Int(count))
        try result.withUnsafeMutableBytes {
            try broadcast($0.baseAddress, count: Int(count), stride: 1, of: MPI_BYTE, root: root)
        }
        return result
    }

    /// Calls `MPI_Bcast` once.
    package func broadcast(into bytes: inout [UInt8], root: Int) throws {
        checkUse()
        checkRoot(root)
        let count = bytes.count
        countCollective(bytes: rank == root ? count : 0)
        try bytes.withUnsafeMutableBytes {
            try broadcast($0.baseAddress, count: count, stride: 1, of: MPI_BYTE, root: root)
        }
    }

    package func broadcast(_ view: FloatView, root: Int) throws {
        checkUse()
        checkRoot(root)
        countCollective(bytes: rank == root ? view.count * MemoryLayout<Float>.stride : 0)
        try broadcast(
            UnsafeMutableRawPointer(view.pointer), count: view.count,
            stride: MemoryLayout<Float>.stride, of: MPI_FLOAT, root: root)
    }

    /// Calls `MPI_Allgather` for the lengths, then `MPI_Allgatherv` for the bytes. If the total
    /// exceeds the range of `Int32` offsets, each rank broadcasts its bytes instead.
    package func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        checkUse()
        var length = Int64(bytes.count)
        var lengths = [Int64](repeating: 0, count: size)
        countCollective(bytes: bytes.count)
        try check(
            timed {
                MPI_Allgather(&length, 1, MPI_INT64_T, &lengths, 1, MPI_INT64_T, communicator)
            }, "MPI_Allgather", "lengths")
        var total = 0
        for length in lengths { total += Int(length) }
        if total == 0 { return Array(repeating: [], count: size) }
        if total > Int(Int32.max) {
            return try (0..<size).map { try broadcast(bytes, root: $0) }
        }
        var offset: Int32 = 0
        for (index, length) in lengths.enumerated() {
            countsInC[index] = Int32(length)
            offsetsInC[index] = offset
            offset += Int32(length)
        }
        var gathered = [UInt8](repeating: 0, count: total)
        try check(
            timed {
                MPI_Allgatherv(
                    bytes, Int32(bytes.count), MPI_BYTE, &gathered, countsInC, offsetsInC, MPI_BYTE,
                    communicator)
            }, "MPI_Allgatherv", "\(bytes.count) of \(total) bytes")
        return (0..<size).map {
            Array(gathered[Int(offsetsInC[$0])..<Int(offsetsInC[$0] + countsInC[$0])])
        }
    }

    /// Calls `MPI_Gather` for the lengths, then `MPI_Gatherv` for the bytes.
    ///
    /// - Throws: `Failure` on all ranks if the total exceeds the range of `Int32` offsets.
    package func gather(_ bytes: [UInt8]) throws -> [[UInt8]]? {
        var total = [Int64(bytes.count)]
        try sum(&total)
        guard let total = Int32(exactly: total[0]) else {
            throw Failure(
                call: "MPI_Gatherv", subject: "\(total[0]) bytes", message: "too many for one call",
                exitStatus: .internalError, rank: rank)
        }
        countCollective(bytes: bytes.count)
        var length = Int32(bytes.count)
        try check(
            timed {
                MPI_Gather(&length, 1, MPI_INT32_T, &countsInC, 1, MPI_INT32_T, 0, communicator)
            },
            "MPI_Gather", "lengths")
        if isCoordinator {
            for index in 1..<size {
                offsetsInC[index] = offsetsInC[index - 1] + countsInC[index - 1]
            }
        }
        var gathered = [UInt8](repeating: 0, count: isCoordinator ? Int(total) : 0)
        try check(
            timed {
                MPI_Gatherv(
                    bytes, length, MPI_BYTE, &gathered, countsInC, offsetsInC, MPI_BYTE, 0,
                    communicator)
            }, "MPI_Gatherv", "\(bytes.count) of \(total) bytes")
        guard isCoordinator else { return nil }
        return (0..<size).map {
            Array(gathered[Int(offsetsInC[$0])..<Int(offsetsInC[$0] + countsInC[$0])])
        }
    }

    /// Calls `MPI_Allgatherv`, or the faster `MPI_Allgather` if all counts are equal.
    package func allGather(_ local: [Double], counts: [Int], into gathered: inout [Double]) throws {
        checkUse()
        checkGather(local.count, counts, gathered.count)
        guard let total = Int32(exactly: gathered.count) else {
            throw Failure(
                call: "MPI_Allgatherv", subject: "\(gathered.count) values",
                message: "too many for one call", exitStatus: .internalError, rank: rank)
        }
        if total == 0 { return }
        countCollective(bytes: local.count * MemoryLayout<Double>.stride)
        if Int(total) == local.count * size, counts.allSatisfy({ $0 == local.count }) {
            try check(
                timed {
                    MPI_Allgather(
                        local, total / Int32(size), MPI_DOUBLE, &gathered, total / Int32(size),
                        MPI_DOUBLE, communicator)
                }, "MPI_Allgather", "\(total) values")
            return
        }
        var offset: Int32 = 0
        for index in 0..<size {
            countsInC[index] = Int32(counts[index])
            offsetsInC[index] = offset
            offset += countsInC[index]
        }
        try check(
            timed {
                MPI_Allgatherv(
                    local, Int32(local.count), MPI_DOUBLE, &gathered, countsInC, offsetsInC,
                    MPI_DOUBLE, communicator)
            }, "MPI_Allgatherv", "\(total) values")
    }

    /// Calls `MPI_Allreduce`. The order of additions does not matter, because integers are exact.
    package func sum(_ values: inout [Int64]) throws { try reduce(&values, MPI_SUM) }

    /// Calls `MPI_Allreduce`.
    package func minimum(_ values: inout [Int64]) throws { try reduce(&values, MPI_MIN) }

    private func reduce(_ values: inout [Int64], _ operation: MPI_Op?) throws {
        checkUse()
        countCollective(bytes: values.count * MemoryLayout<Int64>.stride)
        let count = values.count
        try values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            for start in stride(from: 0, to: count, by: Self.pieceCount) {
                let piece = Int32(min(Self.pieceCount, count - start))
                try check(
                    timed {
                        MPI_Allreduce(
                            MPI_IN_PLACE, base + start, piece, MPI_INT64_T, operation, communicator)
                    }, "MPI_Allreduce", "\(count) integers")
            }
        }
    }

    package func exchange(_ round: MessageRound, in values: DoubleBuffer) throws {
        checkUse()
        round.check(bufferCount: values.count)
        try messages.exchange(round, in: values, self)
    }

    /// Sums the view's values over all ranks. The library chooses the order, which can differ
    /// between rank counts and runs. Every rank must call it with the same count.
    func sumInAnyOrder(_ view: FloatView) throws {
        checkUse()
        countCollective(bytes: view.count * MemoryLayout<Float>.stride)
        var start = 0
        while start < view.count {
            let count = min(Self.pieceCount, view.count - start)
            try check(
                timed {
                    MPI_Allreduce(
                        MPI_IN_PLACE, view.pointer + start, Int32(count), MPI_FLOAT, MPI_SUM,
                        communicator)
                }, "MPI_Allreduce", "\(view.count) values")
            start += count
        }
    }

    private func broadcast(
        _ base: UnsafeMutableRawPointer?, count: Int, stride: Int, of type: MPI_Datatype?, root: Int
    ) throws {
        guard let base else { return }
        var start = 0
        while start < count {
            let piece = min(Self.pieceCount, count - start)
            try check(
                timed {
                    MPI_Bcast(base + start * stride, Int32(piece), type, Int32(root), communicator)
                }, "MPI_Bcast", "\(count) values from rank \(root)")
            start += piece
        }
    }
}
