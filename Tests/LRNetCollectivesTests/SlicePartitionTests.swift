import LRNetCollectives
import Testing

@Suite struct SlicePartitionTests {
    @Test(arguments: [0, 1, 15, 16, 17, 1000, 100_003], [1, 2, 3, 5, 8])
    func slicesAreAnAlignedPartition(count: Int, ranks: Int) {
        let slices = SlicePartition(count: count, ranks: ranks)
        var next = 0
        for rank in 0..<ranks {
            #expect(slices[rank].lowerBound == next)
            #expect(next % 16 == 0 || next == count)
            #expect(slices[rank].count <= (count / ranks / 16 + 2) * 16)
            next = slices[rank].upperBound
        }
        #expect(next == count)
    }
}
