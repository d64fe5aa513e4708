import LRNetCollectives
import LRNetLayers
import LRNetSupport
import LRNetTestSupport
import LRNetTraining
import Testing

@Suite struct StatusExchangeTests {
    private static func totals(_ leaf: Int) -> ClassificationLoss.Totals {
        var totals = ClassificationLoss.Totals()
        totals.loss = 1 / Double(3 + leaf)
        totals.errorCount = leaf % 3
        totals.topFiveErrorCount = leaf % 2
        totals.sampleCount = 4
        return totals
    }

    /// Tail batches, and measurements with fewer leaves than ranks, whose leaves are dealt anew.
    @Test(arguments: 1...12, [1, 2, 3, 8, 13])
    func `all ranks obtain loss and counts of all leaves, and all flags`(ranks: Int, dealt: Int) {
        let failures = PlayedRanks(ranks).failures { place in
            let group = place.group
            let exchange = StatusExchange(group: group)
            for present in Set([dealt, (dealt + 1) / 2]).sorted() {
                let layout = BatchLayout(
                    globalCount: 4 * present, leafSize: 4, microBatch: 2,
                    leafRun: LeafTree.run(of: group.rank, ranks: ranks, leafCount: dealt),
                    dealtLeafCount: dealt)
                let first = layout.firstSample / 4
                let own = (first..<first + layout.leaves.count).map(Self.totals)
                let all = (0..<present).map(Self.totals)
                let sum = LeafTree(count: present).combine(leaves: all.map(\.loss)) { $0 += $1 }
                for flagged in 0..<ranks {
                    let status = try exchange.combine(
                        own, layout: layout,
                        flags: RankFlags(
                            stopWanted: group.rank == flagged,
                            hasFailure: group.rank == flagged && flagged % 2 == 1))
                    place.expect(
                        status.loss == sum.map { $0 / Double(4 * present) }
                            && status.errorCount == all.reduce(0) { $0 + $1.errorCount }
                            && status.topFiveErrorCount
                                == all.reduce(0) { $0 + $1.topFiveErrorCount }
                            && status.sampleCount == 4 * present,
                        "\(present) of \(dealt) leaves: \(status)")
                    place.expect(
                        status.stopWanted && status.hasFailure == (flagged % 2 == 1),
                        "the flags of rank \(flagged)")
                }
                let quiet = try exchange.combine(own, layout: layout)
                place.expect(!quiet.stopWanted && !quiet.hasFailure, "no flags")
            }
        }
        #expect(failures.isEmpty)
    }
}
