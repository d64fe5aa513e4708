import LRNetCollectives
import LRNetKernels
import LRNetSupport

extension CheckList {
    /// One rank's trouble is everyone's, and an error of MPI is thrown.
    func runErrors() throws {
        try group.agree(nil)
        for troubled in 0..<group.size {
            // The ranks from `troubled` on are in trouble: the lowest is heard.
            let failure = Failure(
                call: "H5Dread", subject: "shard \(group.rank)", message: "wrong\nchecksum",
                exitStatus: .badData)
            do {
                try group.agree(group.rank >= troubled ? failure : nil)
                expect(false, "agree throws when rank \(troubled) is in trouble")
            } catch let failure as Failure {
                let prefix = group.size == 1 ? "" : "rank \(troubled): "
                expect(
                    failure.description == "\(prefix)H5Dread: shard \(troubled): wrong checksum",
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
            expect(false, "agreeing throws when the last rank is in trouble")
        } catch let failure as Failure {
            expect(failure.exitStatus == .internalError, "an unknown error is a bug of ours")
        }
        try runResults()
        try runFromCoordinator()
        try runMPIError()
    }

    /// Results are encoded on their way; an error of rank 0 reads as in one process.
    private func runResults() throws {
        let ranks = try group.sharing { [group.rank, group.size] }
        expect(ranks == [0, group.size], "rank 0 shares its result")
        let names = try group.gathering { ["rank": "\(group.rank)"] }
        expect(names == (0..<group.size).map { ["rank": "\($0)"] }, "results lie by rank")
        do {
            _ = try group.sharing { () throws -> Int in
                throw Failure(
                    call: "import", subject: "tree", message: "no class", exitStatus: .inputMissing)
            }
            expect(false, "sharing throws when rank 0 is in trouble")
        } catch let failure as Failure {
            expect(
                failure.description == "import: tree: no class"
                    && failure.exitStatus == .inputMissing
                    && failure.isAgreed == (group.size > 1),
                "rank 0's failure is everyone's, not \(failure)")
        }
    }

    /// Rank 0 reads and every rank parses; trouble of either is everyone's.
    private func runFromCoordinator() throws {
        var readers = 0
        let sum = try group.fromCoordinator { () -> [UInt8] in
            readers += 1
            return [3, 4, 5]
        } parse: { bytes in
            bytes.reduce(0) { $0 + Int($1) } + group.rank
        }
        expect(sum == 12 + group.rank, "every rank parses what rank 0 read")
        expect(readers == (group.rank == 0 ? 1 : 0), "rank 0 alone reads")
        let empty = try group.fromCoordinator { [] }
        expect(empty.isEmpty, "nothing is read as nothing")
        let site = FailureSite("read", "file")
        for (isReader, prefix) in [(true, ""), (false, "rank \(group.size - 1): ")] {
            do {
                _ = try group.fromCoordinator { () throws -> [UInt8] in
                    if isReader { throw site.inputMissing("is not there") }
                    return []
                } parse: { _ in
                    if group.rank == group.size - 1 { throw site.inputMissing("is not there") }
                }
                expect(false, "a failure is everyone's")
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

    /// Rank 0 sends longer slices than the others expect: they must throw, and be able to go on.
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
                group.rank > 0 && failure.description.contains("MPI_ERR_TRUNCATE")
                    && failure.description.hasPrefix("rank \(group.rank): MPI_Waitsome: "),
                "a message that is too long is thrown as such, not as \(failure)")
        }
        try group.barrier()
    }
}
