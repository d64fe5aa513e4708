import LRNetKernels
import LRNetSupport

/// The order of samples in one epoch: a permutation that is a pure function of its arguments.
///
/// Fisher-Yates runs from the last position down: position `i` swaps with position
/// `key.integer(i, below: i + 1)`, where `key` is the noise key (seed, shuffle, epoch). Every rank
/// computes the same order, and nothing is saved.
package struct EpochPlan: Sendable, Equatable {
    private let order: [UInt32]

    /// Computes the order.
    ///
    /// - Parameters:
    ///   - seed: The seed of the run.
    ///   - epoch: The epoch, counted from 0.
    ///   - count: The number of samples.
    /// - Precondition: Epoch and count are not negative and fit in 32 bits.
    package init(seed: UInt64, epoch: Int, count: Int) {
        precondition(
            UInt32(exactly: epoch) != nil && UInt32(exactly: count) != nil,
            "epoch \(epoch) of \(count) samples")
        let key = NoiseKey(seed: seed, purpose: .shuffle, step: UInt32(epoch))
        var order = Array(0..<UInt32(count))
        for position in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(position, key.integer(position, below: position + 1))
        }
        self.init(order: order)
    }

    /// Creates a plan from a precomputed order.
    init(order: [UInt32]) {
        self.order = order
    }

    package var count: Int { order.count }

    /// The sample at a position of the epoch.
    ///
    /// - Precondition: The position is in `0 ..< count`.
    package subscript(position: Int) -> Int { Int(order[position]) }

    /// The samples at a range of positions.
    ///
    /// - Precondition: The positions are in `0 ..< count`.
    package subscript(positions: Range<Int>) -> [Int] { order[positions].map { Int($0) } }
}
