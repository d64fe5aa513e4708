internal import LRNetKernels

/// The steps from a product to the signs of its results: pooling and affine maps. For each channel,
/// all of them together are one comparison of the integer sum with a threshold.
struct SignChain {
    let pools: [(name: String, geometry: PatchGeometry)]
    private let maps: [DeployedAffine]

    /// The number of steps after the product.
    var count: Int { pools.count + maps.count }

    /// Finds the chain at the start of `steps`; returns `nil` if no signs precede the next product.
    ///
    /// - Throws: `Failure` (78) if values that decrease with the sums are pooled, because their
    ///   maximum is then not the value of the largest sum.
    init?(_ steps: ArraySlice<DeployedStep>) throws {
        var (pools, maps): ([(String, PatchGeometry)], [DeployedAffine]) = ([], [])
        var pooledMapCount = 0
        for step in steps {
            switch step {
            case .maxPool(let name, let geometry):
                pools.append((name, geometry))
                pooledMapCount = maps.count
            case .affine(let affine):
                maps.append(affine)
                guard affine.activation == .sign else { continue }
                for map in maps[..<pooledMapCount] where map.scale.contains(where: { $0 < 0 }) {
                    throw FixedBuilder.refusal(map.name, "pooling after a negative scale")
                }
                self.pools = pools.map { (name: $0.0, geometry: $0.1) }
                self.maps = maps
                return
            case .product, .averagePool, .residual: return nil
            }
        }
        return nil
    }

    /// A comparison: the sign is +1 if `acc >= value`, or if `acc < value` when it is inverted.
    struct Threshold {
        /// The threshold, from `-largest` to `largest + 1`.
        var value: Int32
        var isInverted: Bool
    }

    /// Returns the comparison for a channel. Its results equal those of evaluating the maps in
    /// Float32.
    ///
    /// - Parameters:
    ///   - step: The real value of 1 in a sum.
    ///   - largest: The largest magnitude of a sum.
    func threshold(channel: Int, step: Double, largest: Int32) -> Threshold {
        let isInverted = maps.count { $0.scale[channel] < 0 } % 2 == 1
        func isReached(_ sum: Int32) -> Bool {
            isPlus(Float(Double(sum) * step), channel) != isInverted
        }
        guard isReached(largest) else {
            return Threshold(value: largest + 1, isInverted: isInverted)
        }
        // The smallest sum that reaches the threshold is above `low` and at most `high`.
        var (low, high) = (-largest - 1, largest)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if isReached(middle) { high = middle } else { low = middle }
        }
        return Threshold(value: high, isInverted: isInverted)
    }

    private func isPlus(_ value: Float, _ channel: Int) -> Bool {
        var value = value
        for map in maps {
            value = map.shift[channel].addingProduct(map.scale[channel], value)
            if map.activation == .rectified { value = max(value, 0) }
        }
        return value >= 0
    }
}
