import LRNetKernels
import LRNetSupport

extension EpochPlan {
    /// Computes an order that reads block by block; see ``BlockShuffle``.
    ///
    /// Fisher-Yates twice, with the keys (seed, shuffle, epoch, index): index 1 for the blocks, index 2
    /// for the samples of a window, where the number of a place is its place in the epoch. What does not
    /// fill a batch stands at the end, leaf after leaf.
    ///
    /// - Parameters:
    ///   - seed: The seed of the run.
    ///   - epoch: Counted from 0.
    ///   - count: The number of samples.
    /// - Precondition: Epoch and count are not negative and fit 32 bits.
    package init(seed: UInt64, epoch: Int, count: Int, blocks: BlockShuffle) {
        precondition(
            UInt32(exactly: epoch) != nil && UInt32(exactly: count) != nil,
            "epoch \(epoch) of \(count) samples")
        let key = NoiseKey(seed: seed, purpose: .shuffle, step: UInt32(epoch))
        let sequence = Self.windows(key, count: count, blocks)
        self.init(order: Self.dealt(sequence, blocks))
    }

    /// All samples, window after window.
    private static func windows(
        _ key: NoiseKey, count: Int, _ blocks: BlockShuffle
    ) -> [UInt32] {
        let size = blocks.blockSamples
        var blockOrder = Array(0..<(count + size - 1) / size)
        let blockKey = key.with(index: 1)
        for position in stride(from: blockOrder.count - 1, to: 0, by: -1) {
            blockOrder.swapAt(position, blockKey.integer(position, below: position + 1))
        }
        let sampleKey = key.with(index: 2)
        var sequence: [UInt32] = []
        sequence.reserveCapacity(count)
        var first = 0
        for (number, block) in blockOrder.enumerated() {
            sequence.append(
                contentsOf: UInt32(block * size)..<UInt32(min((block + 1) * size, count)))
            let isWindowEnd =
                (number + 1) % blocks.windowBlocks == 0 || number + 1 == blockOrder.count
            guard isWindowEnd else { continue }
            for position in stride(from: sequence.count - 1, to: first, by: -1) {
                let other = first + sampleKey.integer(position, below: position - first + 1)
                sequence.swapAt(position, other)
            }
            first = sequence.count
        }
        return sequence
    }

    /// Deals the runs of the leaves out to batches.
    private static func dealt(_ sequence: [UInt32], _ blocks: BlockShuffle) -> [UInt32] {
        let (leaves, leafSize) = (blocks.leaves, blocks.leafSize)
        let runs = (0..<leaves).map { leaf in
            sequence.count * leaf / leaves..<sequence.count * (leaf + 1) / leaves
        }
        let batchCount = sequence.count / (leaves * leafSize)
        var order: [UInt32] = []
        order.reserveCapacity(sequence.count)
        for batch in 0..<batchCount {
            for run in runs {
                let start = run.lowerBound + batch * leafSize
                order.append(contentsOf: sequence[start..<start + leafSize])
            }
        }
        for run in runs {
            order.append(
                contentsOf: sequence[run.lowerBound + batchCount * leafSize..<run.upperBound])
        }
        return order
    }
}
