import LRNetCollectives
import LRNetKernels
import LRNetSupport
import Testing

@Suite struct LeafTreeViewsTests {
    @Test func leavesAreAddedUpInPlace() {
        let leaves = (0..<3).map {
            FloatBuffer([Float](repeating: Float(1 << $0), count: 1500)).all
        }
        // Leaves 1, 2 and 3 of 4: the first stands alone, the others are one node.
        let nodes = LeafTree(count: 4).addUp(leaves, of: 1..<4)
        #expect(nodes.map { $0[1499] } == [1, 6])
        #expect(nodes.map(\.count) == [1500, 1500])
    }
}
