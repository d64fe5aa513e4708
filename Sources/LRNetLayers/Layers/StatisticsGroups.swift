package import LRNetSupport

/// The groups of a batch's micro-batches that have common statistics.
package struct StatisticsGroups {
    let layout: BatchLayout

    /// The number of micro-batches of a group; the last group may have fewer.
    let size: Int

    /// The number of groups, over all processes.
    var count: Int { (layout.globalMicroBatchCount + size - 1) / size }

    /// The groups that contain samples of this process.
    var own: Range<Int> {
        let end = layout.firstMicroBatch + layout.microBatches.count
        if layout.microBatches.isEmpty { return 0..<0 }
        return layout.firstMicroBatch / size..<(end - 1) / size + 1
    }

    /// The groups whose first sample is this process's.
    var begun: Range<Int> {
        let end = layout.firstMicroBatch + layout.microBatches.count
        return (layout.firstMicroBatch + size - 1) / size..<(end + size - 1) / size
    }

    /// Returns the group of a micro-batch of this process, as a position in ``own``.
    func position(ofMicroBatch index: Int) -> Int {
        (layout.firstMicroBatch + index) / size - own.lowerBound
    }

    /// Returns this process's first micro-batch of a group; 0 if it has none.
    func firstMicroBatch(of group: Int) -> Int {
        max(group * size - layout.firstMicroBatch, 0)
    }

    /// The number of groups with more than one value per channel: all, all but a last group of one
    /// sample, or none.
    func usableCount(pixelCount: Int) -> Int {
        func values(_ group: Int) -> Int {
            let samples = size * layout.microBatch
            return min(samples, layout.globalCount - group * samples) * pixelCount
        }
        if count == 0 || values(0) == 1 { return 0 }
        return values(count - 1) == 1 ? count - 1 : count
    }

    /// One row per micro-batch.
    var microBatchRows: GroupedRows {
        GroupedRows(
            count: layout.globalMicroBatchCount, groupSize: size,
            leafCount: layout.dealtLeafCount, unitsPerLeaf: layout.leafSize / layout.microBatch)
    }

    /// One row for each of the first `count` groups, all of which are added. A group's row belongs
    /// to the process of its first sample.
    func groupRows(_ count: Int) -> GroupedRows {
        GroupedRows(
            count: count, leafCount: layout.dealtLeafCount,
            unitsPerLeaf: layout.leafSize / layout.microBatch, unitsPerRow: size)
    }

    /// The rows that a pass of a batch norm combines over all processes, and the number of values
    /// of each row.
    package typealias Sum = (rows: GroupedRows, width: Int)

    /// Returns the sums of a forward pass: a row has means, sums of squares and the count.
    ///
    /// - Parameter isTraining: True if the averages over the groups are needed.
    package func forwardSums(channels: Int, isTraining: Bool) -> [Sum] {
        [(microBatchRows, 2 * channels + 1)] + (isTraining ? groupSums(channels) : [])
    }

    /// Returns the sums of a backward pass.
    package func backwardSums(channels: Int) -> [Sum] {
        [(microBatchRows, 2 * channels)] + groupSums(channels)
    }

    private func groupSums(_ channels: Int) -> [Sum] {
        count > 1 ? [(groupRows(count), 2 * channels)] : []
    }
}
