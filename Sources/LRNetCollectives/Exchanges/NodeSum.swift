import LRNetSupport

/// The sum of several vectors in a fixed order, which does not modify the vectors.
///
/// All additions of a block are done before the next block is read. Each vector is therefore read
/// from memory once, and only the sum is written to memory.
final class NodeSum {
    /// The number of vectors.
    let slotCount: Int

    /// The start of each vector, which must be set before ``sum(into:count:)``.
    let sources: UnsafeMutablePointer<UnsafePointer<Float>?>

    private let additions: [LeafTree.Addition]
    private let current: UnsafeMutablePointer<UnsafePointer<Float>>
    private let scratch: UnsafeMutablePointer<Float>

    /// - Precondition: Each slot except 0 is the source of one addition.
    init(slotCount: Int, additions: [LeafTree.Addition]) {
        precondition(additions.count == max(slotCount - 1, 0), "\(slotCount): \(additions)")
        self.slotCount = slotCount
        self.additions = additions
        sources = .allocate(capacity: max(slotCount, 1))
        sources.initialize(repeating: nil, count: max(slotCount, 1))
        current = .allocate(capacity: max(slotCount, 1))
        scratch = .allocate(capacity: max(slotCount, 1) * VectorSum.blockCount)
    }

    deinit {
        sources.deallocate()
        current.deallocate()
        scratch.deallocate()
    }

    /// Writes the sum of the first `count` values of every source.
    ///
    /// `output` can be one of the sources. Without sources the sum is zero.
    func sum(into output: UnsafeMutablePointer<Float>, count: Int) {
        switch slotCount {
        case 0:
            output.update(repeating: 0, count: count)
        case 1:
            if let source = sources[0], source != UnsafePointer(output) {
                output.update(from: source, count: count)
            }
        default:
            var start = 0
            while start < count {
                let length = min(VectorSum.blockCount, count - start)
                sumBlock(from: start, into: output + start, count: length)
                start += length
            }
        }
    }

    private func sumBlock(from start: Int, into output: UnsafeMutablePointer<Float>, count: Int) {
        for slot in 0..<slotCount {
            guard let source = sources[slot] else { preconditionFailure("slot \(slot) is not set") }
            current[slot] = source + start
        }
        for (position, addition) in additions.enumerated() {
            let isLast = position == additions.count - 1
            let target = isLast ? output : scratch + addition.destination * VectorSum.blockCount
            VectorSum.add(
                current[addition.destination], current[addition.source], into: target, count: count)
            current[addition.destination] = UnsafePointer(target)
        }
    }
}
