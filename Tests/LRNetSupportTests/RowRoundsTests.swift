import LRNetSupport
import Testing

@Suite struct RowRoundsTests {
    private func rounds(_ rank: Int, of ranks: Int, leaves: Int) -> RowRounds {
        RowRounds(tree: LeafTree(count: leaves), rank: rank, ranks: 0..<ranks) {
            LeafTree.run(of: $0, ranks: ranks, leafCount: leaves)
        }
    }

    @Test(arguments: 1...40, [1, 5, 16, 40])
    func `each message has a sender, a receiver and one size`(ranks: Int, leaves: Int) {
        let all = (0..<ranks).map { rounds($0, of: ranks, leaves: leaves) }
        var sent: [[Int]] = []
        var received: [[Int]] = []
        for (rank, plan) in all.enumerated() {
            #expect(plan.rounds.count <= RowRounds.count(ranks))
            #expect(plan.rounds.map(\.index) == plan.rounds.map(\.index).sorted())
            for round in plan.rounds {
                for receiver in round.receivers {
                    sent.append([round.index, rank, receiver, round.sent.count])
                }
                if let sender = round.sender {
                    received.append([round.index, sender, rank, round.received.count])
                }
            }
        }
        func isLess(_ a: [Int], _ b: [Int]) -> Bool { a.lexicographicallyPrecedes(b) }
        #expect(sent.sorted(by: isLess) == received.sorted(by: isLess))
        #expect(sent.allSatisfy { $0[3] > 0 })
    }

    @Test func `a plan asks for the rows of a few ranks`() {
        let ranks = 1 << 20
        var calls = 0
        let plan = RowRounds(tree: LeafTree(count: 3 * ranks), rank: 12_345, ranks: 0..<ranks) {
            calls += 1
            return LeafTree.run(of: $0, ranks: ranks, leafCount: 3 * ranks)
        }
        #expect(plan.rounds.count == 20)
        #expect(calls <= 6 * 20 + 2, "\(calls)")
    }

    @Test func `additions without an array are those of the tree`() {
        for count in 0...40 {
            let tree = LeafTree(count: count)
            for first in 0...count {
                for end in first...count {
                    var additions: Set<LeafTree.Addition> = []
                    var values = (first..<end).map { "\($0)" }
                    tree.forEachAddition(within: first..<end) { destination, source in
                        additions.insert(.init(destination: destination, source: source))
                        values[destination] = "(\(values[destination])+\(values[source]))"
                    }
                    var expected = (first..<end).map { "\($0)" }
                    let list = tree.additions(within: first..<end)
                    for addition in list {
                        expected[addition.destination] =
                            "(\(expected[addition.destination])+\(expected[addition.source]))"
                    }
                    #expect(additions == Set(list) && values == expected)
                }
            }
        }
    }
}
