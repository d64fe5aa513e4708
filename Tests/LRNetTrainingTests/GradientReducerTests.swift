import LRNetCollectives
import LRNetKernels
import LRNetLayers
import LRNetTraining
import Testing

@Suite struct GradientReducerTests {
    private func layout(_ count: Int, leaves: Int, run: Range<Int>) -> BatchLayout {
        BatchLayout(globalCount: count, leafSize: 4, microBatch: 2, leafRun: run)
    }

    /// The schedule forms the nodes of the tree, whichever leaves a rank owns and are present.
    @Test(arguments: [1, 2, 3, 5, 7, 8]) func scheduleIsTheTrees(leaves: Int) {
        for present in 1...leaves {
            for ranks in 1...leaves {
                let tree = LeafTree(count: present)
                var nodes: [LeafTree.Node] = []
                var values: [Set<Int>] = []
                for rank in 0..<ranks {
                    let run = LeafTree.run(of: rank, ranks: ranks, leafCount: leaves)
                    let reducer = GradientReducer(
                        group: SingleProcessGroup(), leafCount: leaves, valueCount: 3,
                        mode: .exact)
                    // One sample short: the last leaf is a partial one.
                    let layout = layout(present * 4 - 1, leaves: leaves, run: run)
                    let schedule = reducer.schedule(for: layout)
                    let own = run.clamped(to: 0..<present)
                    #expect(schedule.leafCount == own.count)
                    var slots = own.map { Set([$0]) }
                    for addition in schedule.additions {
                        #expect(slots[addition.into].isDisjoint(with: slots[addition.from]))
                        slots[addition.into].formUnion(slots[addition.from])
                    }
                    nodes += tree.nodes(covering: own)
                    values += schedule.nodeLeaves.map { slots[$0] }
                }
                #expect(values.count == nodes.count)
                for (node, leaves) in zip(nodes, values) {
                    #expect(leaves == Set(tree.leaves(of: node)), "\(node) of \(present) leaves")
                }
            }
        }
    }

    /// The sum has the bits of a plain addition in tree order.
    @Test func sumsInTreeOrder() throws {
        let (leaves, count) = (5, 7)
        let reducer = GradientReducer(
            group: SingleProcessGroup(), leafCount: leaves, valueCount: count, mode: .exact)
        let layout = layout(leaves * 4, leaves: leaves, run: 0..<leaves)
        let gradients = GradientStore(count: count, largestLayer: count)
        gradients.begin(reducer.schedule(for: layout))
        let key = NoiseKey(seed: 3, purpose: .test)
        func value(_ leaf: Int, _ index: Int) -> Float {
            Float(key.uniform(leaf * count + index)) - 0.5
        }
        let tree = LeafTree(count: leaves)
        let views = (0..<leaves).map { leaf in
            FloatBuffer((0..<count).map { value(leaf, $0) }).all
        }
        let expected = tree.addUp(views, of: 0..<leaves)[0].values
        let parts = (0..<count).map { index in
            let v = (0..<leaves).map { value($0, index) }
            return ((v[0] + v[1]) + (v[2] + v[3])) + v[4]
        }
        #expect(expected.map(\.bitPattern) == parts.map(\.bitPattern))
        _ = gradients
    }
}
