/// The division of the samples of a step on this process into leaves and micro-batches.
///
/// The batch of `globalCount` samples is cut into leaves of `leafSize` samples, and each leaf into
/// micro-batches of `microBatch` samples. In a batch that is not full, the last leaf is short and
/// the leaves after it are absent. A process owns a contiguous range of leaves. The layout follows
/// from the recipe and that range alone, so the sums over a leaf are the same on every process.
package struct BatchLayout: Sendable, Equatable {
    /// The number of samples of the step, over all processes.
    package let globalCount: Int

    /// The number of samples of a full leaf.
    package let leafSize: Int

    /// The number of samples of a full micro-batch.
    package let microBatch: Int

    /// The global indices of the leaves of this process; the range may extend beyond the leaves
    /// that are present.
    package let leafRun: Range<Int>

    /// The number of leaves that were dealt to the processes, each of which owns a run of them.
    package let dealtLeafCount: Int

    /// The samples of each present leaf, as indices into this process's samples.
    package let leaves: [Range<Int>]

    /// The samples of each micro-batch, in order.
    package let microBatches: [Range<Int>]

    /// Lays out a batch.
    ///
    /// - Parameter dealtLeafCount: The leaves that were dealt; those that are present by default.
    /// - Precondition: The sizes are positive and `microBatch` divides `leafSize`.
    package init(
        globalCount: Int, leafSize: Int, microBatch: Int, leafRun: Range<Int>,
        dealtLeafCount: Int? = nil
    ) {
        precondition(
            globalCount >= 0 && leafSize > 0 && microBatch > 0 && leafSize % microBatch == 0,
            "\(globalCount) samples in leaves of \(leafSize) and micro-batches of \(microBatch)")
        self.globalCount = globalCount
        self.leafSize = leafSize
        self.microBatch = microBatch
        self.leafRun = leafRun
        self.dealtLeafCount = dealtLeafCount ?? (globalCount + leafSize - 1) / leafSize
        let first = min(leafRun.lowerBound * leafSize, globalCount)
        func cut(_ range: Range<Int>, by size: Int) -> [Range<Int>] {
            stride(from: range.lowerBound, to: range.upperBound, by: size).map {
                $0..<min($0 + size, range.upperBound)
            }
        }
        let end = min(leafRun.upperBound * leafSize, globalCount)
        leaves = cut(0..<max(end - first, 0), by: leafSize)
        microBatches = leaves.flatMap { cut($0, by: microBatch) }
    }

    /// The position in the batch of this process's first sample.
    package var firstSample: Int { min(leafRun.lowerBound * leafSize, globalCount) }

    /// The number of samples of this process.
    package var sampleCount: Int { leaves.last?.upperBound ?? 0 }

    /// The number of leaves that are present, over all processes.
    package var globalLeafCount: Int { (globalCount + leafSize - 1) / leafSize }

    /// The number of micro-batches, over all processes.
    package var globalMicroBatchCount: Int { (globalCount + microBatch - 1) / microBatch }

    /// Returns the number of samples of the micro-batch at an index in the whole batch.
    package func microBatchCount(at index: Int) -> Int {
        min(microBatch, globalCount - index * microBatch)
    }

    /// The index in the whole batch of this process's first micro-batch.
    package var firstMicroBatch: Int { firstSample / microBatch }

    /// Returns the panels of a leaf: at most `panelSize` samples each, without crossing the
    /// boundaries of micro-batches.
    func panels(ofLeaf leaf: Int, panelSize: Int) -> [Range<Int>] {
        let samples = leaves[leaf]
        var panels: [Range<Int>] = []
        var start = samples.lowerBound
        while start < samples.upperBound {
            let inLeaf = start - samples.lowerBound
            let microEnd = samples.lowerBound + (inLeaf / microBatch + 1) * microBatch
            let end = min(start + panelSize, microEnd, samples.upperBound)
            panels.append(start..<end)
            start = end
        }
        return panels
    }
}
