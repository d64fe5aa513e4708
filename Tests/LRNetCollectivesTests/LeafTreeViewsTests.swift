import LRNetCollectives
import LRNetKernels
import LRNetSupport
import Testing

@Suite struct LeafTreeViewsTests {
    @Test func `leaves are added up to the nodes that cover them`() {
        let leaves = (0..<3).map {
            FloatBuffer([Float](repeating: Float(1 << $0), count: 1500)).all
        }
        // Of leaves 1, 2 and 3 of 4, the first is a node alone and the others form one node.
        let nodes = LeafTree(count: 4).addUp(leaves, of: 1..<4)
        #expect(nodes.map { $0[1499] } == [1, 6])
        #expect(nodes.map(\.count) == [1500, 1500])
    }
}
