internal import LRNetKernels

extension WeightedLayer {
    /// What a step exchanges of a layer, for plans; the passes themselves decide.
    package struct Exchanged {
        /// Values of a row that is gathered for each sample.
        package var rowWidths: [Int] = []
        /// Sums over the leaves, in the order in which they begin; with a unit, each process wants only
        /// its share.
        package var sums: [(count: Int, unit: Int?)] = []
        /// Tensors that processes update in shares and then gather.
        package var shares: [(count: Int, unit: Int)] = []
    }

    /// What a training step exchanges; after memory was reserved.
    package var exchanged: Exchanged {
        var result = Exchanged()
        if model.isFrozen { return result }
        let slopeCount = model.hasWeightGradient ? model.hasVarianceGradient ? 2 : 1 : 0
        if usesWholeBatch {
            result.rowWidths =
                [shape.fanIn] + Array(repeating: shape.outputs, count: slopeCount)
        } else {
            if let bias { result.sums.append((bias.value.count, nil)) }
            for scale in scales.reversed() { result.sums.append((scale.value.count, nil)) }
            let unit = weightLatents.first?.shareUnit
            for _ in 0..<slopeCount { result.sums.append((shape.count, unit)) }
        }
        for latent in latents {
            if let unit = latent.shareUnit { result.shares.append((latent.value.count, unit)) }
        }
        return result
    }
}
