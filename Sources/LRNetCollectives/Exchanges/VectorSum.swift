import LRNetKernels
import LRNetSupport

/// Sums of Float32 vectors, sixteen lanes at a time.
///
/// Every element is one IEEE addition, so the bits depend neither on the block size nor on the
/// number of lanes.
enum VectorSum {
    /// The number of values per block, which stays in the L1 cache while several vectors are added.
    static let blockCount = 1024

    /// Computes `output[i] = left[i] + right[i]`. Any of the vectors can be the same memory.
    @inline(__always)
    static func add(
        _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
        into output: UnsafeMutablePointer<Float>, count: Int
    ) {
        let lanes = 16
        var index = 0
        while index + lanes <= count {
            let sum =
                UnsafeRawPointer(left + index).loadUnaligned(as: SIMD16<Float>.self)
                + UnsafeRawPointer(right + index).loadUnaligned(as: SIMD16<Float>.self)
            UnsafeMutableRawPointer(output + index).storeBytes(of: sum, as: SIMD16<Float>.self)
            index += lanes
        }
        while index < count {
            output[index] = left[index] + right[index]
            index += 1
        }
    }

    /// Performs `additions` on the views, block by block.
    ///
    /// - Precondition: The views have equal counts and do not overlap.
    static func addInPlace(_ slots: [FloatView], _ additions: [LeafTree.Addition]) {
        guard let count = slots.first?.count else { return }
        for slot in slots {
            precondition(slot.count == count, "views of \(count) and \(slot.count) values")
        }
        var start = 0
        while start < count {
            let length = min(blockCount, count - start)
            for addition in additions {
                let destination = slots[addition.destination].pointer + start
                add(
                    destination, slots[addition.source].pointer + start, into: destination,
                    count: length)
            }
            start += length
        }
    }
}
