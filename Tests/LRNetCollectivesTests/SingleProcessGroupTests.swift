import LRNetCollectives
import LRNetKernels
import LRNetSupport
import Testing

@Suite struct SingleProcessGroupTests {
    @Test func `a process without a launcher is a group of one`() throws {
        let group = try ProcessGroups.start()
        #expect(group is SingleProcessGroup)
        #expect(group.rank == 0 && group.size == 1 && group.isCoordinator)
        #expect(group.hostNames.count == 1)
    }

    @Test func `collectives of a single process return their argument`() throws {
        let group: any ProcessGroup = SingleProcessGroup()
        try group.barrier()
        #expect(try group.broadcast([1, 2, 3], root: 0) == [1, 2, 3])
        #expect(try group.allGather([4, 5]) == [[4, 5]])
        #expect(try group.gather([4, 5]) == [[4, 5]])
        var gathered = [0.0, 0.0]
        try group.allGather([1.5, 2.5], counts: [2], into: &gathered)
        #expect(gathered == [1.5, 2.5])
        var counts: [Int64] = [7, .max]
        try group.sum(&counts)
        try group.minimum(&counts)
        #expect(counts == [7, .max])
        var bytes: [UInt8] = [1, 2]
        try group.broadcast(into: &bytes, root: 0)
        #expect(bytes == [1, 2])
        try group.finalize()
    }

    @Test func `a failure of a single process is thrown unchanged`() throws {
        let group = SingleProcessGroup()
        let failure = Failure(
            call: "read", subject: "a file", message: "too\nshort", exitStatus: .badData)
        try group.agree(nil)
        #expect(throws: failure) { try group.agree(failure) }
        #expect(throws: failure) { try group.agreeing { throw failure } }
        #expect(try group.agreeing { 7 } == 7)
        #expect("\(failure)" == "read: a file: too short")
    }

    @Test func `the description of a failure names its rank once`() {
        func text(_ message: String) -> String {
            Failure(call: "", subject: "", message: message, exitStatus: .inputOutput, rank: 1)
                .description
        }
        #expect(text("no such file") == "rank 1: no such file")
        #expect(text("rank 1: no such file") == "rank 1: no such file")
        #expect(text("rank 12: no such file") == "rank 1: rank 12: no such file")
    }

    /// Seven leaves: ((0+1)+(2+3)) + ((4+5)+6). The order decides what is rounded away.
    @Test func `the exchange of one process adds in the order of the tree`() throws {
        let exchange = TreeExchange(
            group: SingleProcessGroup(), leafCount: 8, presentLeaves: 7, valueCount: 17)
        let values: [Float] = [1e8, 1, -1e8, 3, 5, 7, 11]
        let leaves = values.map { FloatBuffer([Float](repeating: $0, count: 17)).all }
        let nodes = exchange.tree.addUp(leaves, of: exchange.ownLeaves)
        #expect(nodes.count == exchange.nodeCount)
        let output = FloatBuffer(count: 17).all
        try exchange.allReduce(nodes: nodes, into: output)
        #expect(output.values == [Float](repeating: 23, count: 17))
    }
}
