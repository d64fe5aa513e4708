import LRNetCollectives
import LRNetKernels
import LRNetSupport

extension CheckList {
    /// Checks that all ranks throw the failure of one rank, and that an MPI error is thrown.
    func runErrors() throws {
        try group.agree(nil)
        for firstFailing in 0..<group.size {
            // The ranks from `firstFailing` on fail, and all throw the failure of the lowest.
            let failure = Failure(
                call: "H5Dread", subject: "shard \(group.rank)", message: "wrong\nchecksum",
                exitStatus: .badData)
            do {
                try group.agree(group.rank >= firstFailing ? failure : nil)
                expect(false, "agree throws if rank \(firstFailing) fails")
            } catch let failure as Failure {
                let prefix = group.size == 1 ? "" : "rank \(firstFailing): "
                expect(
                    failure.description
                        == "\(prefix)H5Dread: shard \(firstFailing): wrong checksum",
                    "all ranks throw the lowest rank's text, not \(failure)")
                expect(failure.exitStatus == .badData, "with its exit status")
                expect(failure.isAgreed == (group.size > 1), "marked as agreed")
            }
        }
        let squares = try group.allGather([UInt8(try group.agreeing { group.rank * group.rank })])
        expect(
            squares == (0..<group.size).map { [UInt8($0 * $0)] }, "agreeing returns its own result")
        do {
            try group.agreeing { if group.rank == group.size - 1 { throw Plain() } }
            expect(false, "agreeing throws if the last rank fails")
        } catch let failure as Failure {
            expect(failure.exitStatus == .internalError, "an unknown error is an internal error")
        }
        try runResults()
        try runFromCoordinator()
        try runMPIError()
    }

    /// Checks that encoded results arrive, and that rank 0's error reads as in a single process.
    private func runResults() throws {
        let ranks = try group.sharing { [group.rank, group.size] }
        expect(ranks == [0, group.size], "rank 0 shares its result")
        let names = try group.gathering { ["rank": "\(group.rank)"] }
        expect(names == (0..<group.size).map { ["rank": "\($0)"] }, "results are in rank order")
        do {
            _ = try group.sharing { () throws -> Int in
                throw Failure(
                    call: "import", subject: "tree", message: "no class", exitStatus: .inputMissing)
            }
            expect(false, "sharing throws if rank 0 fails")
        } catch let failure as Failure {
            expect(
                failure.description == "import: tree: no class"
                    && failure.exitStatus == .inputMissing
                    && failure.isAgreed == (group.size > 1),
                "all ranks throw rank 0's failure, not \(failure)")
        }
    }

    /// Checks that rank 0 reads, every rank parses, and all ranks throw the failure of either.
    private func runFromCoordinator() throws {
        var readers = 0
        let sum = try group.fromCoordinator { () -> [UInt8] in
            readers += 1
            return [3, 4, 5]
        } parse: { bytes in
            bytes.reduce(0) { $0 + Int($1) } + group.rank
        }
        expect(sum == 12 + group.rank, "every rank parses what rank 0 read")
        expect(readers == (group.rank == 0 ? 1 : 0), "only rank 0 reads")
        let empty = try group.fromCoordinator { [] }
        expect(empty.isEmpty, "no bytes are read as no bytes")
        let site = FailureSite("read", "file")
        for (isReader, prefix) in [(true, ""), (false, "rank \(group.size - 1): ")] {
            do {
                _ = try group.fromCoordinator { () throws -> [UInt8] in
                    if isReader { throw site.inputMissing("is not there") }
                    return []
                } parse: { _ in
                    if group.rank == group.size - 1 { throw site.inputMissing("is not there") }
                }
                expect(false, "all ranks throw a failure")
            } catch let failure as Failure {
                expect(
                    failure.description
                        == "\(group.size > 1 ? prefix : "")read: file: is not there"
                        && failure.exitStatus == .inputMissing
                        && failure.isAgreed == (group.size > 1),
                    "the same on every rank, not \(failure)")
            }
        }
    }

    private struct Plain: Error {}

    /// Checks an MPI error: rank 0 sends longer slices than the other ranks expect. These must
    /// throw and be able to continue.
    private func runMPIError() throws {
        if group.size == 1 { return }
        let count = group.rank == 0 ? 64 * group.size : 32 * group.size
        let exchange = TreeExchange(
            group: group, leafCount: group.size, presentLeaves: group.size, valueCount: count)
        let view = FloatBuffer(count: count).all
        do {
            try exchange.reduceToSlice(nodes: [view], into: view)
            expect(group.rank == 0, "a message that is too long is an error")
        } catch let failure as Failure {
            expect(
                group.rank > 0 && isTruncation(failure)
                    && failure.description.hasPrefix("rank \(group.rank): MPI_Waitsome: "),
                "a message that is too long is thrown as such, not as \(failure)")
        }
        try group.barrier()
        try runLongMessage()
    }

    /// Returns true for the error of a message that is too long, in the words of any MPI library.
    private func isTruncation(_ failure: Failure) -> Bool {
        ["MPI_ERR_TRUNCATE", "truncated"].contains { failure.description.contains($0) }
    }

    /// Checks messages around a ring, of which rank 1 receives one that is too long.
    private func runLongMessage() throws {
        let next = (group.rank + 1) % group.size
        let previous = (group.rank + group.size - 1) % group.size
        let round = MessageRound(
            sent: [.init(rank: next, offset: 0, count: group.rank == 0 ? 4 : 3)],
            received: [.init(rank: previous, offset: 4, count: 3)])
        do {
            try group.exchange(round, in: DoubleBuffer(count: 8))
            expect(group.rank != 1, "a row that is too long is an error")
        } catch let failure as Failure {
            expect(
                group.rank == 1 && isTruncation(failure)
                    && failure.description.hasPrefix("rank 1: MPI_Waitsome: "),
                "a row that is too long is thrown as such, not as \(failure)")
        }
        try group.barrier()
    }
}
