import LRNetKernels
import LRNetSupport

extension EpochPlan {
    /// Computes an order that reads block by block; see ``BlockShuffle``.
    ///
    /// Runs Fisher-Yates twice, with noise keys (seed, shuffle, epoch, index). Index 1 permutes the
    /// blocks. Index 2 shuffles the samples of each window; its random numbers are indexed by
    /// position in the epoch. Samples that do not fill a batch come at the end, leaf after leaf.
    ///
    /// - Parameters:
    ///   - seed: The seed of the run.
    ///   - epoch: The epoch, counted from 0.
    ///   - count: The number of samples.
    /// - Precondition: Epoch and count are not negative and fit in 32 bits.
    package init(seed: UInt64, epoch: Int, count: Int, blocks: BlockShuffle) {
        precondition(
            UInt32(exactly: epoch) != nil && UInt32(exactly: count) != nil,
            "epoch \(epoch) of \(count) samples")
        let key = NoiseKey(seed: seed, purpose: .shuffle, step: UInt32(epoch))
        let sequence = Self.shuffledWindows(key, count: count, blocks)
        self.init(order: Self.batched(sequence, blocks))
    }

    /// Returns all samples in permuted block order, shuffled within each window.
    private static func shuffledWindows(
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

    /// Distributes the leaves' runs over the batches.
    private static func batched(_ sequence: [UInt32], _ blocks: BlockShuffle) -> [UInt32] {
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
