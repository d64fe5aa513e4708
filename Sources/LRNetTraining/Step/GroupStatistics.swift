internal import LRNetCollectives
package import LRNetLayers
internal import LRNetSupport

/// The exchange that gathers batch-norm sums from all ranks.
package final class GroupStatistics: StatisticsExchange {
    private let group: any ProcessGroup
    private var gathered: [Double] = []

    /// The time spent waiting for other ranks since the last reset.
    package private(set) var waiting = Duration.zero

    /// Creates the exchange. Every rank calls it.
    init(group: any ProcessGroup) {
        self.group = group
    }

    /// Gathers `width` values per micro-batch, in the order of the batch.
    package func gather(_ local: [Double], width: Int, layout: BatchLayout) throws -> [Double] {
        if group.size == 1 { return local }
        let start = ContinuousClock.now
        defer { waiting += ContinuousClock.now - start }
        let perLeaf = layout.leafSize / layout.microBatch
        let total = layout.globalMicroBatchCount
        let counts = (0..<group.size).map { rank in
            let run = LeafTree.run(
                of: rank, ranks: group.size, leafCount: layout.dealtLeafCount)
            let end = min(run.upperBound * perLeaf, total)
            return width * max(end - min(run.lowerBound * perLeaf, total), 0)
        }
        let count = total * width
        if gathered.count != count { gathered = Array(repeating: 0, count: count) }
        try group.allGather(local, counts: counts, into: &gathered)
        return gathered
    }

    package func resetWaiting() {
        waiting = .zero
    }
}
