package import LRNetCollectives
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// The exchange that combines losses and flags over the ranks. It adds leaves in tree order, so
/// that the loss has the same bits at any number of ranks.
///
/// A row contains loss, errors, top-five errors, samples and flags.
package final class StatusExchange {
    /// The number of values of a row.
    static let width = 5

    private struct Part {
        let reduction: RowReduction
        let values: DoubleBuffer
    }

    private let group: any ProcessGroup
    private var parts: [Int: Part] = [:]

    package init(group: any ProcessGroup) {
        self.group = group
    }

    /// Returns the rows of `leafCount` dealt leaves. A leaf has `2^rowShift` rows. All but the last
    /// may belong to other ranks.
    ///
    /// A rank without leaves also has flags. With fewer leaves than ranks, a leaf has as many rows
    /// as needed (a power of two) for every rank to own one, the last of which contains its values.
    /// Rows without samples leave the sum as it is, so that the root's bits are those of the tree
    /// over the leaves.
    static func rows(leafCount: Int, ranks: Int) -> GroupedRows {
        let count = max(leafCount, 1) << rowShift(leafCount: leafCount, ranks: ranks)
        return GroupedRows(count: count, leafCount: count)
    }

    private static func rowShift(leafCount: Int, ranks: Int) -> Int {
        var shift = 0
        while max(leafCount, 1) << shift < ranks { shift += 1 }
        return shift
    }

    /// Combines the leaves of all ranks. Every rank calls it, at the same point of the same step.
    package func combine(
        _ leaves: [ClassificationLoss.Totals], layout: BatchLayout, flags: RankFlags = []
    ) throws -> StepStatus {
        let part = part(leafCount: layout.dealtLeafCount)
        let values = part.values
        let own = part.reduction.ownRows
        let shift = Self.rowShift(leafCount: layout.dealtLeafCount, ranks: group.size)
        for index in 0..<values.count { values[index] = 0 }
        values[Self.width - 1] = Double(flags.rawValue)
        for (index, leaf) in leaves.enumerated() {
            let row = (layout.leafRun.lowerBound + index + 1) << shift - 1
            let first = (row - own.lowerBound) * Self.width
            values[first] = leaf.loss
            values[first + 1] = Double(leaf.errorCount)
            values[first + 2] = Double(leaf.topFiveErrorCount)
            values[first + 3] = Double(leaf.sampleCount)
        }
        try part.reduction.reduce(values, Self.add)
        return Self.status(values)
    }

    private func part(leafCount: Int) -> Part {
        if let known = parts[leafCount] { return known }
        let reduction = RowReduction(
            group: group, rows: Self.rows(leafCount: leafCount, ranks: group.size),
            width: Self.width)
        let made = Part(
            reduction: reduction,
            values: DoubleBuffer(count: reduction.ownRows.count * Self.width))
        parts[leafCount] = made
        return made
    }

    private static func add(_ rows: DoubleBuffer, _ destination: Int, _ source: Int) {
        let flags = Int(rows[destination + 4]) | Int(rows[source + 4])
        if rows[destination + 3] == 0 {
            RowKernels.copy(rows, at: source, to: rows, at: destination, count: width)
        } else if rows[source + 3] > 0 {
            RowKernels.add(rows, destination, source, count: width)
        }
        rows[destination + 4] = Double(flags)
    }

    private static func status(_ row: DoubleBuffer) -> StepStatus {
        var status = StepStatus()
        status.errorCount = Int(row[1])
        status.topFiveErrorCount = Int(row[2])
        status.sampleCount = Int(row[3])
        let flags = RankFlags(rawValue: Int(row[4]))
        status.stopWanted = flags.contains(.stopWanted)
        status.hasFailure = flags.contains(.hasFailure)
        status.loss = status.sampleCount > 0 ? row[0] / Double(status.sampleCount) : 0
        return status
    }
}
