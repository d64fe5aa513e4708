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

    /// All leaves, all runs of ranks, and runs of a tail batch.
    @Test func `nodes are joined by the additions of the definition`() {
        for count in 0...40 {
            let tree = LeafTree(count: count)
            let leaves = (0..<count).map { LeafTree.Node(level: 0, index: $0) }
            #expect(tree.additions(joining: leaves) == definition(tree, joining: leaves))
            for ranks in 1...count + 2 {
                for leafCount in [count, count + 5] {
                    let nodes = (0..<ranks).flatMap {
                        tree.nodes(
                            covering: LeafTree.run(of: $0, ranks: ranks, leafCount: leafCount))
                    }
                    #expect(
                        tree.additions(joining: nodes) == definition(tree, joining: nodes),
                        "\(count) of \(leafCount) leaves on \(ranks) ranks")
                }
            }
        }
    }

    /// If the time grew with the square of the leaves, the ratio would be 4.
    @Test(.serialized, arguments: [false, true])
    func `the time to add nodes grows in proportion to their number`(areWhole: Bool) {
        let counts = [1 << 14, 1 << 15]
        let trees = counts.map { count -> (LeafTree, [LeafTree.Node], [Double]) in
            let tree = LeafTree(count: count)
            // Runs of three leaves form two nodes each.
            let nodes =
                areWhole
                ? (0..<count).map { LeafTree.Node(level: 0, index: $0) }
                : (0..<count / 3).flatMap {
                    tree.nodes(
                        covering: LeafTree.run(of: $0, ranks: count / 3, leafCount: count))
                }
            return (tree, nodes, Array(repeating: 1.0, count: nodes.count))
        }
        var times = [Duration.seconds(1000), .seconds(1000)]
        // On a busy machine, a short run is likely to be undisturbed in one of many tries.
        for _ in 0..<60 {
            for (index, (tree, nodes, values)) in trees.enumerated() {
                let start = ContinuousClock.now
                let sum = tree.combine(values, of: nodes) { $0 += $1 }
                times[index] = min(times[index], ContinuousClock.now - start)
                #expect(sum == Double(nodes.count))
            }
        }
        #expect(times[1] / times[0] < 2.5, "\(times)")
    }

    /// Returns the additions by the definition of a node, which looks up each node's slot.
    private func definition(
        _ tree: LeafTree, joining nodes: [LeafTree.Node]
    ) -> [LeafTree.Addition] {
        var additions: [LeafTree.Addition] = []
        func slot(_ node: LeafTree.Node) -> Int {
            if let known = nodes.firstIndex(of: node) { return known }
            let halves = (0..<2).map {
                LeafTree.Node(level: node.level - 1, index: 2 * node.index + $0)
            }
            let destination = slot(halves[0])
            if tree.leaves(of: halves[1]).isEmpty { return destination }
            let source = slot(halves[1])
            additions.append(.init(destination: destination, source: source))
            return destination
        }
        if tree.count > 0 { _ = slot(tree.root) }
        return additions
    }

    private func bracket(_ index: Int, _ level: Int, _ count: Int) -> String {
        if level == 0 { return "\(index)" }
        let left = bracket(2 * index, level - 1, count)
        if (2 * index + 1) << (level - 1) >= count { return left }
        return "(\(left)+\(bracket(2 * index + 1, level - 1, count)))"
    }
}
