package import LRNetCollectives
package import LRNetKernels
internal import LRNetLayers
package import LRNetSupport

/// The exchange of batch-norm sums between the ranks, in ceil(log2 ranks) rounds.
package final class GroupStatistics: StatisticsExchange {
    private struct Key: Hashable {
        let rows: GroupedRows
        let width: Int
    }

    private let group: any ProcessGroup
    private var reductions: [Key: RowReduction] = [:]

    /// The time in MPI calls since the last reset, most of which is spent waiting for other ranks.
    package private(set) var waiting = Duration.zero

    /// Creates the exchange. Every rank calls it.
    package init(group: any ProcessGroup) {
        self.group = group
    }

    package func combine(
        _ values: DoubleBuffer, width: Int, of rows: GroupedRows, _ add: RowAddition
    ) throws {
        let start = group.callTime
        defer { waiting += group.callTime - start }
        try reduction(Key(rows: rows, width: width)).reduce(values, add)
    }

    private func reduction(_ key: Key) -> RowReduction {
        if let known = reductions[key] { return known }
        let made = RowReduction(group: group, rows: key.rows, width: key.width)
        reductions[key] = made
        return made
    }

    package func resetWaiting() {
        waiting = .zero
    }
}
