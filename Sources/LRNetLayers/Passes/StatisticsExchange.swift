package import LRNetKernels
package import LRNetSupport

/// The exchange of batch-norm sums with other processes.
package protocol StatisticsExchange: AnyObject {
    /// Combines the rows of each group over all processes.
    ///
    /// Every process of the run calls this at the same point of the same step, with the same `rows`,
    /// `width` and `add`.
    ///
    /// - Parameters:
    ///   - values: This process's rows of `width` values, from index 0 on; overwritten. Afterwards
    ///     the row of the first own row of each group contains the group's sum. If there is only
    ///     one group, row 0 contains it on every process, also on those without rows.
    ///   - rows: The rows of all processes, their groups and their owners.
    ///   - add: The addition of two rows.
    func combine(
        _ values: DoubleBuffer, width: Int, of rows: GroupedRows, _ add: RowAddition) throws
}

/// The exchange of a run with a single process, which owns all rows.
package final class LocalStatistics: StatisticsExchange {
    package init() {}

    package func combine(
        _ values: DoubleBuffer, width: Int, of rows: GroupedRows, _ add: RowAddition
    ) {
        rows.forEachAddition(within: 0..<rows.count) { add(values, $0 * width, $1 * width) }
    }
}
