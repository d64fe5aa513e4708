import LRNetCollectives
import Testing

@Suite struct SlicePartitionTests {
    @Test(arguments: [0, 1, 15, 16, 17, 1000, 100_003], [1, 2, 3, 5, 8])
    func `slices are an aligned and even partition of the values`(count: Int, ranks: Int) {
        let slices = SlicePartition(count: count, groups: RankGroups(radices: [ranks]))
        var next = 0
        for rank in 0..<ranks {
            #expect(slices[rank].lowerBound == next)
            #expect(next % 16 == 0 || next == count)
            #expect(slices[rank].count <= (count / ranks / 16 + 2) * 16)
            next = slices[rank].upperBound
        }
        #expect(next == count)
    }

    /// Used for the weights of a layer. The last unit is short.
    @Test(arguments: [1, 2, 3, 5, 8])
    func `slices with an alignment begin at whole units`(ranks: Int) {
        let partition = SlicePartition(
            count: 1030, groups: RankGroups(radices: [ranks]), alignment: 100)
        #expect(partition[0].lowerBound == 0 && partition[ranks - 1].upperBound == 1030)
        for rank in 0..<ranks {
            #expect(partition[rank].lowerBound % 100 == 0)
            #expect(partition[rank].count >= 1030 / 100 / ranks * 100)
            if rank > 0 { #expect(partition[rank - 1].upperBound == partition[rank].lowerBound) }
        }
    }

    /// Used for the rows of a batch: a rank without samples has none.
    @Test func `ranges of given lengths follow one another`() {
        let partition = RowPartition(lengths: [3, 0, 5])
        #expect((0..<3).map { partition[$0] } == [0..<3, 3..<3, 3..<8])
        #expect(partition.count == 8 && partition.rankCount == 3)
    }
}
