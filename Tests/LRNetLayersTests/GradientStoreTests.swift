import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTestSupport
import Testing

@Suite struct GradientStoreTests {
    /// Returns the sum of the leaves by the tree's definition.
    static func tree(_ leaves: [Float]) -> Float {
        if leaves.count == 1 { return leaves[0] }
        var half = 1
        while 2 * half < leaves.count { half *= 2 }
        return tree(Array(leaves.prefix(half))) + tree(Array(leaves.dropFirst(half)))
    }

    /// Values whose magnitudes differ so much that another order of addition changes the bits.
    private static func leaves(_ leafCount: Int, _ count: Int) -> [[Float]] {
        (0..<leafCount).map { leaf in
            TestData.normal(count, stream: UInt32(leaf)).map { value in
                value * [1, 1e3, 1e-3, 30][leaf % 4]
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5, 7, 8, 13, 16, 33], [1, 2])
    func `leaves are added in the order of the tree`(leafCount: Int, threads: Int) {
        let pool = ThreadPool.testing(threads)
        // The second range exceeds one thread's share.
        let ranges = [0..<3, 3..<70_003, 70_003..<70_003, 70_003..<70_020]
        let store = GradientStore(count: 70_020, largestLayer: 70_000)
        let leaves = Self.leaves(leafCount, 70_020)
        store.begin(.whole(leafCount: leafCount))
        for range in ranges.reversed() {
            for leaf in 0..<leafCount {
                store.view(leaf: leaf, layer: range).copy(from: Array(leaves[leaf][range]))
            }
            store.combine(layer: range, pool: pool)
        }
        let nodes = store.nodes(0..<70_020)
        #expect(nodes.count == 1)
        let expected = (0..<70_020).map { i in Self.tree(leaves.map { $0[i] }) }
        #expect(nodes[0].values == expected && store.total.values == expected)
    }

    @Test func `another order of addition changes the bits`() {
        let leaves = Self.leaves(8, 1000)
        let tree = (0..<1000).map { i in Self.tree(leaves.map { $0[i] }) }
        let serial = (0..<1000).map { i in leaves.reduce(0) { $0 + $1[i] } }
        #expect(tree != serial)
    }

    @Test func `the schedule of all leaves adds neighbors first, then their sums`() {
        typealias Addition = LeafTree.Addition
        #expect(LeafSchedule.whole(leafCount: 0).nodeLeaves.isEmpty)
        #expect(LeafSchedule.whole(leafCount: 1).additions.isEmpty)
        let five = LeafSchedule.whole(leafCount: 5)
        #expect(five.nodeLeaves == [0])
        #expect(
            five.additions == [
                Addition(destination: 0, source: 1), Addition(destination: 2, source: 3),
                Addition(destination: 0, source: 2),
                Addition(destination: 0, source: 4),
            ])
    }

    @Test func `every leaf of any run accumulates in memory of its own`() {
        for count in 1...17 {
            for first in 0..<count {
                for end in first + 1...count {
                    let schedule = LeafSchedule(of: first..<end, in: LeafTree(count: count))
                    let store = GradientStore(count: 2, largestLayer: 1)
                    store.begin(schedule)
                    for layer in [0..<1, 1..<2] {
                        let views = (0..<schedule.leafCount).map {
                            store.view(leaf: $0, layer: layer)
                        }
                        for (leaf, view) in views.enumerated() { view[0] = Float(leaf) }
                        #expect(views.map { $0[0] } == views.indices.map { Float($0) })
                        // The first leaf of a node accumulates in the node.
                        #expect(
                            store.nodes(layer).map { $0[0] }
                                == schedule.nodeLeaves.map { Float($0) })
                    }
                }
            }
        }
    }

    /// Leaves 3 ..< 8 of eight form the nodes 3 and 4 ..< 8. Leaves that do not start a node share
    /// scratch memory.
    @Test func `a run of leaves yields a sum for each complete subtree`() {
        let leaves = Self.leaves(5, 40)
        let schedule = LeafSchedule(
            leafCount: 5, nodeLeaves: [0, 1],
            additions: [
                .init(destination: 1, source: 2), .init(destination: 3, source: 4),
                .init(destination: 1, source: 3),
            ])
        let store = GradientStore(count: 40, largestLayer: 25)
        // An earlier step of another shape must not change the result.
        for schedule in [LeafSchedule.whole(leafCount: 3), schedule] {
            store.begin(schedule)
            for range in [0..<25, 25..<40] {
                for leaf in 0..<schedule.leafCount {
                    store.view(leaf: leaf, layer: range).copy(from: Array(leaves[leaf][range]))
                }
                store.combine(layer: range, pool: ThreadPool())
            }
        }
        let last = (0..<40).map { i in Self.tree((1..<5).map { leaves[$0][i] }) }
        #expect(store.nodes(0..<40).map(\.values) == [leaves[0], last])
    }
}
