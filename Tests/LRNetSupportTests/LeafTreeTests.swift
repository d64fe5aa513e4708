import LRNetSupport
import Testing

@Suite struct LeafTreeTests {
    static let counts = [0, 1, 2, 3, 5, 7, 8, 13, 16, 33]

    @Test(arguments: counts)
    func `the root is the lowest node that covers all leaves`(count: Int) {
        let tree = LeafTree(count: count)
        #expect(tree.leaves(of: tree.root) == 0..<count)
        if tree.root.level > 0 {
            #expect(
                tree.leaves(of: LeafTree.Node(level: tree.root.level - 1, index: 0)).count < count)
        }
    }

    @Test func `ranges of leaves are covered by the fewest whole nodes`() {
        typealias Node = LeafTree.Node
        let five = LeafTree(count: 5)
        #expect(five.nodes(covering: 0..<5) == [Node(level: 3, index: 0)])
        #expect(five.nodes(covering: 4..<8) == [Node(level: 2, index: 1)])
        #expect(five.nodes(covering: 5..<8).isEmpty)
        #expect(five.nodes(covering: 0..<0).isEmpty)
        let eight = LeafTree(count: 8)
        #expect(
            eight.nodes(covering: 1..<7) == [
                Node(level: 0, index: 1), Node(level: 1, index: 1), Node(level: 1, index: 2),
                Node(level: 0, index: 6),
            ])
        #expect(
            eight.nodes(covering: 2..<5) == [Node(level: 1, index: 1), Node(level: 0, index: 4)])
    }

    @Test(arguments: counts, [1, 2, 3, 4, 5, 8, 40])
    func `the runs of the ranks partition the leaves evenly`(leafCount: Int, ranks: Int) {
        var next = 0
        for rank in 0..<ranks {
            let run = LeafTree.run(of: rank, ranks: ranks, leafCount: leafCount)
            #expect(run.lowerBound == next)
            #expect(abs(run.count - leafCount / ranks) <= 1)
            next = run.upperBound
        }
        #expect(next == leafCount)
    }

    /// Sums as text show the order of additions.
    @Test(arguments: counts.dropFirst(), [1, 2, 3, 4, 5, 8])
    func `the order of additions does not depend on the number of ranks`(count: Int, ranks: Int) {
        let tree = LeafTree(count: count)
        // In a tail batch, ownership is computed from more leaves than are present.
        for leafCount in [count, count + 3] {
            var nodes: [LeafTree.Node] = []
            var values: [String] = []
            for rank in 0..<ranks {
                let run = LeafTree.run(of: rank, ranks: ranks, leafCount: leafCount)
                    .clamped(to: 0..<count)
                var slots = run.map { "\($0)" }
                for addition in tree.additions(within: run) {
                    slots[addition.destination] =
                        "(\(slots[addition.destination])+\(slots[addition.source]))"
                }
                for node in tree.nodes(covering: run) {
                    nodes.append(node)
                    values.append(slots[tree.leaves(of: node).lowerBound - run.lowerBound])
                }
            }
            let root = tree.combine(values, of: nodes) { $0 = "(\($0)+\($1))" }
            #expect(root == bracket(0, tree.root.level, count))
        }
        let root = tree.combine(leaves: (0..<count).map { "\($0)" }) { $0 = "(\($0)+\($1))" }
        #expect(root == bracket(0, tree.root.level, count))
    }

    @Test func `a tree without leaves has no sum`() {
        #expect(LeafTree(count: 0).combine(leaves: [Int]()) { $0 += $1 } == nil)
    }

    private func bracket(_ index: Int, _ level: Int, _ count: Int) -> String {
        if level == 0 { return "\(index)" }
        let left = bracket(2 * index, level - 1, count)
        if (2 * index + 1) << (level - 1) >= count { return left }
        return "(\(left)+\(bracket(2 * index + 1, level - 1, count)))"
    }
}
