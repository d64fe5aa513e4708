import LRNetCollectives
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

@Suite struct GradientReducerTests {
    private func layout(_ count: Int, leaves: Int, run: Range<Int>) -> BatchLayout {
        BatchLayout(globalCount: count, leafSize: 4, microBatch: 2, leafRun: run)
    }

    @Test(arguments: [1, 2, 3, 5, 7, 8])
    func `the schedule forms the nodes of the tree for any ranks and leaves`(leaves: Int) {
        for present in 1...leaves {
            for ranks in 1...leaves {
                let tree = LeafTree(count: present)
                var nodes: [LeafTree.Node] = []
                var values: [Set<Int>] = []
                for rank in 0..<ranks {
                    let run = LeafTree.run(of: rank, ranks: ranks, leafCount: leaves)
                    let reducer = GradientReducer(
                        group: SingleProcessGroup(), leafCount: leaves, mode: .exact)
                    // One sample is missing: the last leaf is partial.
                    let layout = layout(present * 4 - 1, leaves: leaves, run: run)
                    let schedule = reducer.schedule(for: layout)
                    let own = run.clamped(to: 0..<present)
                    #expect(schedule.leafCount == own.count)
                    var slots = own.map { Set([$0]) }
                    for addition in schedule.additions {
                        #expect(
                            slots[addition.destination].isDisjoint(with: slots[addition.source]))
                        slots[addition.destination].formUnion(slots[addition.source])
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
}
