import LRNetCollectives
import LRNetSupport
import Testing

@Suite struct RankGroupsTests {
    @Test(arguments: [
        (1, 1, [1]), (8, 8, [8]), (8, 1, [8]), (8, 4, [4, 2]), (16, 1, [16]), (32, 1, [8, 4]),
        (17, 1, [17]), (34, 1, [2, 17]), (24, 1, [4, 6]), (4096, 64, [8, 8, 8, 8]),
        (256, 256, [16, 16]), (48, 24, [4, 6, 2]),
        (4096, 1, [16, 16, 16]), (6, 3, [3, 2]),
    ])
    func `ranks of a machine are the first group and machines are joined in few stages`(
        ranks: Int, perMachine: Int, radices: [Int]
    ) {
        let groups = RankGroups(ranks: ranks, ranksPerMachine: perMachine)
        #expect(groups.radices == radices)
        #expect(groups.rankCount == ranks && groups.isRegular)
        #expect(groups.share(0, perMachine - 1))
        #expect(ranks == perMachine || !groups.share(perMachine - 1, perMachine))
    }

    @Test func `host names of equal runs of ranks make groups of machines`() {
        let groups = RankGroups(hosts: ["b", "b", "a", "a", "c", "c"])
        #expect(groups == RankGroups(ranks: 6, ranksPerMachine: 2))
        #expect(groups.radices == [2, 3])
        #expect(RankGroups(hosts: ["a"]) == RankGroups(radices: [1]))
    }

    @Test(arguments: [
        ["a", "b", "a", "b"], ["a", "a", "b"], ["a", "b", "b"], ["a", "b", "b", "a"],
        ["a", "a", "b", "a"],
    ])
    func `unequal or interleaved machines are one group that knows its machines`(hosts: [String]) {
        let groups = RankGroups(hosts: hosts)
        #expect(groups.radices == [hosts.count] && !groups.isRegular)
        for rank in hosts.indices {
            for other in hosts.indices {
                #expect(groups.share(rank, other) == (hosts[rank] == hosts[other]))
            }
        }
    }

    private static let grids = [
        [1], [5], [2, 2], [4, 2], [2, 4], [2, 2, 2], [3, 2], [2, 3], [4, 3, 2], [3, 3, 3],
    ]

    @Test(arguments: grids, [0, 3, 16, 1000, 4099])
    func `slices are an aligned partition with one slice per rank`(radices: [Int], count: Int) {
        let groups = RankGroups(radices: radices)
        let slices = SlicePartition(count: count, groups: groups, alignment: 16)
        let sorted = (0..<groups.rankCount).map { slices[$0] }.sorted {
            ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
        }
        var next = 0
        for slice in sorted {
            #expect(slice.lowerBound == next && (next % 16 == 0 || next == count))
            #expect(slice.count <= (count / groups.rankCount / 16 + 2) * 16)
            next = slice.upperBound
        }
        #expect(next == count)
        // Ranks of one machine own slices that are far apart: each a part of the machine's.
        if count == 4099, radices.count > 1 {
            #expect(slices[1].lowerBound >= count / radices[0] - 16)
        }
    }

    /// Each rank's receipts are computed from the plans of its partners.
    @Test(arguments: grids)
    func `every rank receives the values that it needs and a machine sends what one rank would`(
        radices: [Int]
    ) {
        let groups = RankGroups(radices: radices)
        let (ranks, count) = (groups.rankCount, 16 * groups.rankCount * 8)
        let slices = SlicePartition(count: count, groups: groups)
        // One leaf per rank; with radices that are powers of two, every group is one node.
        let tree = LeafTree(count: ranks)
        var received = [Int](repeating: 0, count: ranks)
        var gathered = received
        var leaving = 0
        for rank in 0..<ranks {
            let sum = ReductionPlan(
                rank: rank, slices: slices, leafCount: ranks, tree: tree, pieceCount: 100)
            let gather = GatherPlan(rank: rank, slices: slices, pieceCount: 100)
            let partners = radices.map { $0 - 1 }.reduce(0, +)
            #expect(sum.messages.count == partners && gather.messages.count == partners)
            for messages in sum.messages { received[messages.partner] += messages.byteCount }
            for messages in gather.messages { gathered[messages.partner] += messages.byteCount }
            if rank < radices[0] { leaving += Traffic(gather.messages).leavingByteCount }
        }
        let whole = 4 * (count - count / ranks)
        #expect(gathered == [Int](repeating: whole, count: ranks))
        #expect(received.allSatisfy { $0 >= whole })
        if radices.allSatisfy({ $0.nonzeroBitCount == 1 }) {
            #expect(received == [Int](repeating: whole, count: ranks))
        }
        let machines = ranks / radices[0]
        #expect(leaving == 4 * count * (machines - 1) / machines)
    }

    @Test(arguments: grids)
    func `rows leave a machine once for each other machine`(radices: [Int]) {
        let groups = RankGroups(radices: radices)
        let (ranks, machines) = (groups.rankCount, groups.rankCount / radices[0])
        let rows = RowPartition(lengths: (0..<ranks).map { 10 + $0 })
        var received = [Int](repeating: 0, count: ranks)
        var leaving = 0
        for rank in 0..<ranks {
            let plan = GatherPlan(rank: rank, rows: rows, groups: groups, pieceCount: 100)
            for messages in plan.messages { received[messages.partner] += messages.byteCount }
            leaving += Traffic(plan.messages).leavingByteCount
        }
        #expect(received == (0..<ranks).map { 4 * (rows.count - rows[$0].count) })
        // The rows of several ranks are one message.
        let whole = GatherPlan(rank: 0, rows: rows, groups: groups, pieceCount: rows.count)
        #expect(Traffic(whole.messages).messageCount == radices.map { $0 - 1 }.reduce(0, +))
        #expect(leaving == 4 * rows.count * (machines - 1))
    }

    @Test func `a plan of 4,096 ranks needs only the members of a rank's groups`() {
        let groups = RankGroups(ranks: 4096, ranksPerMachine: 64)
        let count = 1 << 22
        let slices = SlicePartition(count: count, groups: groups)
        let sum = ReductionPlan(
            rank: 1234, slices: slices, leafCount: 4 * 4096, tree: LeafTree(count: 4 * 4096),
            pieceCount: 1 << 16)
        #expect(sum.messages.count == 4 * 7)
        #expect(sum.scratchCount == 0)
        let traffic = Traffic(sum.messages)
        // The slices of the first stage have eight pieces.
        #expect(traffic.messageCount == 8 * 7 + 3 * 7)
        #expect(traffic.byteCount == 4 * (count - count / 4096))
        #expect(traffic.leavingByteCount == 4 * (count / 64 - count / 4096))
        let own = sum.messages.filter { !$0.leavesMachine }
        #expect(own.allSatisfy { $0.stage < 2 && $0.partner / 64 == 1234 / 64 })
    }
}
